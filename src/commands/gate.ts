import type { GateFormat, GateSettings } from '../config/gate.js';
import type { Config } from '../config/read.js';
import { UsageError, UserError } from '../errors.js';
import { countedSource, createRequests } from '../investigation/evidence/requests.js';
import { type GateQuestion, noReport, readGate } from '../investigation/gate/read-gate.js';
import { findVersions } from '../investigation/gate/versions.js';
import { type Clock, lookUntilSure } from '../investigation/gate/wait.js';
import type { ToolContext } from '../query/context.js';
import { readBaseline, readRequest } from '../query/request.js';
import { allMatchers } from '../query/selection.js';
import { gateAnswer } from '../report/gate/answer.js';
import { GATE_EXIT, type GateReport } from '../report/gate/gate-report.js';
import { gateJunit } from '../report/gate/junit.js';
import { gateMarkdown } from '../report/gate/markdown.js';
import { BUDGET, renderJson, renderText } from '../report/render.js';
import { createSchema } from '../schema/schema.js';
import { parseSelector } from '../sources/selector.js';
import type { ProfileSource, Window } from '../sources/source.js';
import type { Log } from '../telemetry/log.js';
import { openCallContext } from './call-context.js';
import { createEnvironment, type Io } from './environment.js';
import { failure } from './finding.js';

const FORMS: Readonly<Record<GateFormat, (report: GateReport) => string>> = {
  text: (report) => renderText(gateAnswer(report).text, BUDGET.max),
  json: (report) => renderJson(gateAnswer(report)),
  markdown: gateMarkdown,
  junit: gateJunit,
};

const CLOCK: Clock = {
  now: Date.now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/**
 * Judges a deploy and prints the report.
 * @returns the exit code: 0 nothing found, 3 found, 4 cannot say, 1 where a request failed
 * @throws UsageError
 */
export async function gate(config: Config, log: Log, io: Io, clock: Clock = CLOCK): Promise<number> {
  const { gate: settings } = config;
  if (settings === null) throw new Error('the options of gate are not read');
  const environment = await createEnvironment(config, log);
  let signal = AbortSignal.timeout(config.callTimeoutMs);
  const contextNow = (): ToolContext => {
    const context = { ...openCallContext(environment, config, io), now: clock.now };
    signal = context.signal;
    return context;
  };
  try {
    const judged = await readSides(settings, contextNow());
    const report = await lookUntilSure((window) => lookAt(settings, judged, window, contextNow()), {
      ...judged,
      until: clock.now() + settings.waitMs,
      clock,
      tell: (text) => {
        io.progress?.(null);
        io.err(`waiting: ${text}`);
      },
    });
    io.progress?.(null);
    io.out(FORMS[settings.format](report));
    return GATE_EXIT[report.outcome];
  } catch (error) {
    io.progress?.(null);
    if (error instanceof UsageError) throw error;
    const { text, fix } = failure(error, signal);
    io.err(`${text}\nNext: ${fix}`);
    return 1;
  } finally {
    await environment.context.sources.close();
  }
}

/** The source and the times, which stay while the gate waits. */
async function readSides(settings: GateSettings, context: ToolContext) {
  const started = context.now();
  return usage(async () => {
    const { source, window } = await readRequest(toArguments(settings), context);
    if (window === null) throw new Error('a gate without a window');
    // Read now, so that a mistake in them ends the command before it waits.
    readBaseline(toBaselineArguments(settings), window, started);
    parseSelector(settings.baselineSelector ?? '');
    return { source, started, from: window.from, to: settings.to === null ? null : window.to };
  });
}

/** Judges a window once. */
async function lookAt(
  settings: GateSettings,
  { source: plain, started }: { source: ProfileSource; started: number },
  window: Window,
  context: ToolContext,
): Promise<GateReport> {
  const requests = createRequests(context.progress);
  const source = countedSource(plain, requests);
  const schema = createSchema(source);
  const gateContext = { ...context, getSchema: () => schema };
  const { matchers } = await readRequest(toArguments(settings), context);
  const baseline = readBaseline(toBaselineArguments(settings), window, started);
  const { service, failOn, minShare, versions, baselineSelector } = settings;
  const question: GateQuestion = {
    source,
    requests,
    service,
    window,
    matchers,
    baseline: baseline === null ? null : { window: baseline, matchers },
    policy: { failOn, minShare },
  };
  if (versions !== null) {
    const sides = await findVersions(
      versions,
      { source, matchers: allMatchers(question), window },
      gateContext,
    );
    if ('missing' in sides) return noReport(question, sides.missing);
    return readGate(
      {
        ...question,
        matchers: [...matchers, sides.after],
        baseline: { window: baseline ?? window, matchers: [...matchers, sides.before] },
      },
      gateContext,
    );
  }
  if (baselineSelector === null) return readGate(question, gateContext);
  const others = parseSelector(baselineSelector).filter(({ name }) => name !== 'service_name');
  return readGate({ ...question, baseline: { window: baseline ?? window, matchers: others } }, gateContext);
}

/** The options of the judged side, as the arguments of a call. */
function toArguments({ source, service, selector, from, to }: GateSettings) {
  return {
    service,
    ...(source === null ? {} : { source }),
    ...(selector === null ? {} : { selector }),
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
  };
}

function toBaselineArguments({ baselineFrom, baselineTo, baselineSelector, versions }: GateSettings) {
  const other = baselineSelector ?? versions?.before;
  return {
    ...(baselineFrom === null ? {} : { baseline_from: baselineFrom }),
    ...(baselineTo === null ? {} : { baseline_to: baselineTo }),
    ...(other === undefined ? {} : { baseline_selector: other }),
  };
}

/** A mistake in what was given on the command line is one of usage. */
async function usage<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof UserError ? new UsageError(error.message, error.next) : error;
  }
}
