import { normaliseName } from '../../src/profile/code/names.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { type Asked, askInvestigate } from './ask.js';
import type { IncidentCase } from './generator/case.js';

/** Verdicts that accuse somebody's code. */
const ACCUSING: readonly string[] = ['code_regression', 'leak', 'contention'];
/** The bounds that every answer keeps: tokens of the text, upstream requests, and those in flight at once. */
export const BOUNDS = { tokens: 1_500, requests: 40, inFlight: 8 } as const;

/** How an answer compares with the truth of its case. */
export interface Score {
  verdict: boolean;
  /** The first-named function, or that none is named. */
  function: boolean;
  label: boolean;
  onset: boolean;
  /** The stated interval against the truth; null where one of the two is missing. */
  interval: Interval | null;
  /** Whether each of several causes is among the findings. */
  causes: boolean;
  /** Whether code is accused where no code is to blame. */
  accused: boolean;
  /** Errors of the answer in words; empty when all is right. */
  wrong: string[];
}

/** The stated interval of an onset: whether it holds the truth, and its width in gaps between profiles. */
export interface Interval {
  holds: boolean;
  gaps: number;
}

/** A case, what was answered and how right that is. */
export interface Judged {
  incident: IncidentCase;
  answer: Asked;
  score: Score;
}

export async function judge(incidentCase: IncidentCase): Promise<Judged> {
  const answer = await askInvestigate(incidentCase);
  const first = answer.data.findings[0]?.profile_type_id;
  return {
    incident: incidentCase,
    answer: answer,
    score: scoreAnswer(incidentCase, answer, await usualGap(incidentCase, first)),
  };
}

/**
 * Compares an answer with the truth.
 *
 * @param gapMs usual time between two profiles of one instance: by so much an onset may be off
 */
export function scoreAnswer({ truth }: IncidentCase, answer: Asked, gapMs: number): Score {
  const { data } = answer;
  const first = data.findings[0];
  const name = first?.function ?? null;
  const innocent = truth.functions.length === 0;
  const text = (label: { name: string; value: string } | null | undefined) =>
    label ? `${label.name}=${label.value}` : null;
  const [label, wantedLabel] = [text(first?.label), text(truth.label)];
  const isAmong = (fn: string | null, names: readonly string[]) =>
    fn !== null && names.map(normaliseName).includes(normaliseName(fn));
  // An own caller is right where the sentence names the culprit, too.
  const sentence = first?.sentence ?? '';
  const throughCaller =
    isAmong(name, truth.guiltyCallers) &&
    (truth.maintainersWords ?? truth.functions).some((word) => sentence.includes(word));
  const isFound = (cause: readonly string[]) =>
    data.findings.some(({ function: fn, sentence }) =>
      cause.some((word) => isAmong(fn, [word]) || sentence.includes(word)),
    );
  const lacking = (truth.causes ?? []).filter((cause) => !isFound(cause));
  const isAccepted = (truth.acceptedVerdicts ?? []).some((verdict) => verdict === data.verdict);
  const checks = {
    verdict: data.verdict === truth.verdict || isAccepted,
    function: innocent ? name === null : isAmong(name, truth.functions) || throughCaller,
    label:
      (label === wantedLabel ||
        (first?.label != null && (truth.acceptedLabels ?? []).includes(first.label.name))) &&
      (truth.leaksIn === undefined || first === undefined || isPlacedIn(truth.leaksIn, first)),
    onset:
      isOnset(truth, data.since, gapMs) ||
      // Without a verdict there is no onset to tell.
      (data.since === null &&
        ['no_change', 'inconclusive'].includes(data.verdict) &&
        (isAccepted || data.verdict === truth.verdict)),
  };
  const accused = innocent
    ? ACCUSING.includes(data.verdict) || name !== null
    : truth.verdict === 'moved' && ACCUSING.includes(data.verdict);
  const wrong: string[] = [];
  if (!checks.verdict) wrong.push(`verdict ${data.verdict}, not ${truth.verdict}`);
  if (!checks.function) wrong.push(`function ${name}, not ${truth.functions.join(' or ') || 'none'}`);
  for (const cause of lacking) wrong.push(`not found: ${cause.slice(0, 3).join(' or ')}`);
  if (!checks.label) {
    const place = truth.leaksIn === undefined ? '' : ` (${first?.where}; not ${truth.leaksIn})`;
    wrong.push(`label ${label}, not ${wantedLabel}${place}`);
  }
  if (!checks.onset) wrong.push(`onset ${spanText(data.since)}, not ${timeText(truth.since)}`);
  if (!answer.text.includes(data.verdict)) wrong.push('the text has another verdict than the JSON');
  if (answer.requests !== data.upstream_requests)
    wrong.push(`${answer.requests} requests, but the answer says ${data.upstream_requests}`);
  if (answer.requests > BOUNDS.requests) wrong.push(`${answer.requests} requests`);
  if (answer.mostInFlight > BOUNDS.inFlight) wrong.push(`${answer.mostInFlight} requests in flight`);
  const interval =
    truth.since === null || data.since === null
      ? null
      : {
          holds: isOnset(truth, data.since, 0),
          gaps: (data.since.before - data.since.after) / Math.max(1, gapMs),
        };
  return { ...checks, interval, causes: lacking.length === 0, accused, wrong };
}

/** Whether a finding says that something leaks in all instances, or in a certain one alone. */
function isPlacedIn(leaksIn: string, { where, whole_of }: Asked['data']['findings'][number]): boolean {
  const value = whole_of.label?.value ?? null;
  if (leaksIn === 'all') return value === null && /in all \d+ instances|only one instance/.test(where);
  return (value === null || value === leaksIn) && where.includes(`1 of `) && where.includes(leaksIn);
}

function isOnset(
  { since, reachedAll }: Pick<IncidentCase['truth'], 'since' | 'reachedAll'>,
  stated: Asked['data']['since'],
  gapMs: number,
): boolean {
  if (since === null || stated === null) return since === stated;
  return (reachedAll ?? since) >= stated.after - gapMs && since <= stated.before + gapMs;
}

function spanText(since: Asked['data']['since']): string {
  return since === null ? 'none' : `${timeText(since.after)} to ${timeText(since.before)}`;
}

function timeText(ms: number | null): string {
  return ms === null ? 'none' : new Date(ms).toISOString().slice(11, 19);
}

const STEP_S = 5;

/**
 * The usual time between two profiles of one instance in milliseconds, of the given type, else of the first
 * one.
 */
async function usualGap(
  { source, service, windows }: IncidentCase,
  typeId: string | undefined,
): Promise<number> {
  const { signal } = new AbortController();
  const window = { from: windows.baseline.from, to: windows.incident.to };
  const matchers = [{ name: 'service_name', op: '=', value: service }] as const;
  const profileTypeId = typeId ?? (await firstType(source, { matchers, window }, signal));
  const groupBy = await source.labelNames({ matchers, window }, signal);
  const series = await source.timeSeries(
    { matchers, window, profileTypeId },
    { groupBy, step: STEP_S },
    signal,
  );
  const gaps = series.flatMap(({ points }) =>
    points.slice(1).map(({ time }, at) => time - (points[at]?.time ?? time)),
  );
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
}

async function firstType(
  source: ProfileSource,
  query: Parameters<ProfileSource['labelValues']>[1],
  signal: AbortSignal,
): Promise<string> {
  const [first = ''] = await source.labelValues('__profile_type__', query, signal);
  return first;
}
