import { parseDuration } from '../duration.js';
import { UsageError } from '../errors.js';
import type { OptionName } from './options.js';

/** Kinds of findings that can close the gate. */
export const GATE_KINDS = ['regression', 'leak', 'contention', 'load'] as const;
export type GateKind = (typeof GATE_KINDS)[number];

/** Forms of the gate's answer. */
export const GATE_FORMATS = ['text', 'json', 'markdown', 'junit'] as const;
export type GateFormat = (typeof GATE_FORMATS)[number];

/** The options of `gate` as they were given, checked as far as they go without a source. */
export interface GateSettings {
  service: string;
  source: string | null;
  selector: string | null;
  from: string | null;
  to: string | null;
  baselineFrom: string | null;
  baselineTo: string | null;
  /** Versions of the two sides of one window; both or none. */
  versions: { after: string; before: string } | null;
  /** Matchers of the baseline side, which replace `selector` there. */
  baselineSelector: string | null;
  failOn: readonly GateKind[];
  /** Smallest growth that matters, as a share of the total of a profile type. */
  minShare: number;
  waitMs: number;
  format: GateFormat;
}

/** Points of a share between which the smallest growth that matters may lie. */
const POINTS = { min: 0.5, max: 50 } as const;
/** Longest time to wait, ms: a day. */
const MAX_WAIT_MS = 86_400_000;

/**
 * Reads the options of the command `gate`.
 * @param list the entries of an option that may be given several times
 * @throws UsageError
 */
export function readGate(
  text: (name: OptionName) => string | null,
  list: (name: OptionName) => readonly string[],
): GateSettings {
  const service = text('gateService');
  if (service === null)
    throw new UsageError('gate needs --service.', 'Name the service whose deploy is judged.');
  const [after, before] = [text('gateVersion'), text('gateBaselineVersion')];
  if ((after === null) !== (before === null)) {
    throw new UsageError(
      `gate was given ${after === null ? '--baseline-version' : '--version'} alone.`,
      'Two versions are compared: give both --version and --baseline-version.',
    );
  }
  const baselineSelector = text('gateBaselineSelector');
  if (after !== null && baselineSelector !== null) {
    throw new UsageError(
      '--baseline-version and --baseline-selector both name the other side.',
      'Leave one of them out.',
    );
  }
  const [baselineFrom, baselineTo] = [text('gateBaselineFrom'), text('gateBaselineTo')];
  return {
    service,
    source: text('gateSource'),
    selector: text('gateSelector'),
    from: text('gateFrom'),
    to: text('gateTo'),
    baselineFrom,
    baselineTo,
    versions: after === null || before === null ? null : { after, before },
    baselineSelector,
    failOn: readKinds(list('gateFailOn')),
    minShare: readPoints(text('gateMinShare')) / 100,
    waitMs: readWait(text('gateWait')),
    format: readFormat(text('gateFormat')),
  };
}

function readKinds(words: readonly string[]): readonly GateKind[] {
  const wrong = words.find((word) => !GATE_KINDS.some((kind) => kind === word));
  if (wrong !== undefined || words.length === 0) {
    throw new UsageError(
      `--fail-on ${JSON.stringify(wrong ?? '')} is not valid.`,
      `Use some of: ${GATE_KINDS.join(', ')}.`,
    );
  }
  return GATE_KINDS.filter((kind) => words.includes(kind));
}

function readPoints(value: string | null): number {
  const points = Number(value);
  if (!(points >= POINTS.min && points <= POINTS.max)) {
    throw new UsageError(
      `--min-share ${JSON.stringify(value)} is not a number of points from ${POINTS.min} to ${POINTS.max}.`,
      'It is the smallest growth that matters, in percentage points of the total: --min-share 2',
    );
  }
  return points;
}

function readWait(value: string | null): number {
  if (value === null) return 0;
  const ms = parseDuration(value.trim());
  if (ms === null || !Number.isFinite(ms) || ms > MAX_WAIT_MS) {
    throw new UsageError(
      `--wait ${JSON.stringify(value)} is not a duration of at most a day.`,
      'Example: --wait 10m',
    );
  }
  return ms;
}

function readFormat(value: string | null): GateFormat {
  const format = GATE_FORMATS.find((word) => word === (value ?? 'text'));
  if (format === undefined) {
    throw new UsageError(
      `--format ${JSON.stringify(value)} is not valid.`,
      `Use one of: ${GATE_FORMATS.join(', ')}.`,
    );
  }
  return format;
}
