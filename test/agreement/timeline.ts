import type { Measurement } from '../../src/profile/measurement.js';
import { totalValue } from '../../src/profile/model.js';
import { type Series, sampleWorth } from '../../src/profile/series/series.js';
import { chooseScale } from '../../src/report/answers/series.js';
import type { Timeline } from '../../src/report/answers/timeline-view.js';
import { isAlmost, isPart, isWithin } from './numbers.js';

/** A step of this factor is no chance where it lasts for several parts on both sides. */
const PLAIN_STEP = 5;
/** Minimum number of parts on each side of a step that must be seen. */
const MIN_STEP_PARTS = 3;
/** Minimum number of samples in each part of the higher side. */
const MIN_STEP_SAMPLES = 10;

/** Sentences about the contradictions in the data of a timeline; none where words and numbers agree. */
export function contradictionsOver(measured: Measurement, timeline: Timeline): string[] {
  const { whole, by, of, frames, gaps } = timeline;
  const all: [string, Series][] = [
    ['the total', whole],
    ...(by?.series ?? []).map((series): [string, Series] => [`${by?.label}=${series.label}`, series]),
  ];
  const contradictions = all.flatMap(([name, series]) => inSeries(name, series, measured));
  // A step of a function is said in its share or in its value.
  const steps = of === null ? all : [['the value', of.values] as const];
  if (whole.change === null || of === null)
    contradictions.push(...steps.flatMap(([name, series]) => unsaidStep(name, series, measured)));
  for (const span of gaps)
    if (
      frames.some(({ first, last }) => first !== null && last !== null && first > span.from && last < span.to)
    )
      contradictions.push(`there is a profile in the gap from ${span.from} to ${span.to}`);
  if (of === null) contradictions.push(...inTotal(measured, whole));
  if (by !== null) contradictions.push(...inValues(by, whole));
  return contradictions;
}

/** The header says what the parts add up to. */
function inTotal(measured: Measurement, whole: Series): string[] {
  if (
    measured.profiles === null ||
    whole.parts.some(({ value, frame }) => value === null && frame.first !== null)
  )
    return [];
  const scale = chooseScale(measured);
  const perProfile = totalValue(measured.active) / measured.profiles;
  const header = scale.per === '' ? (measured.rate?.value ?? 0) : perProfile;
  // A rate is of the whole window, its parts are of the time that their profiles cover.
  const error = scale.per === '' ? 0.25 : 0.001;
  return isAlmost(whole.mean, header, error)
    ? []
    : [`the mean is ${whole.mean}, but the header says ${header}`];
}

function inValues({ label, series, others }: NonNullable<Timeline['by']>, whole: Series): string[] {
  const contradictions: string[] = [];
  const sum = series.reduce((total, { share }) => total + (share ?? 0), 0);
  if (!isPart(sum, 1) || (others === 0 && !isAlmost(sum, 1, 0.001)))
    contradictions.push(`the values of ${label} have ${sum} of the total, ${others} others`);
  whole.parts.forEach((part, at) => {
    const shares = series.reduce((total, { parts }) => total + (parts[at]?.share ?? 0), 0);
    if (!isPart(shares, 1))
      contradictions.push(`the values of ${label} have ${shares} of the part from ${part.frame.from}`);
  });
  return contradictions;
}

/** A step that everyone sees is said; of a function in its share or in its value. */
function unsaidStep(name: string, series: Series, measured: Measurement): string[] {
  const { change, since, until, parts } = series;
  if (change !== null || since !== null || until !== null) return [];
  const values = parts.map(({ value }) => value).filter((value) => value !== null);
  // A single sample more or less is no step.
  const worth = chooseScale(measured).convert(sampleWorth(measured) ?? 0, 1, 1);
  const samples = values.map((value, at) =>
    worth > 0 ? (value * (parts[at]?.profiles ?? 0)) / worth : MIN_STEP_SAMPLES,
  );
  return plainStep(values, samples) ? [`${name} shows no change, but its parts are ${values}`] : [];
}

function inSeries(name: string, series: Series, { window }: Measurement): string[] {
  const { min, mean, max, share, parts, onset, change, excursion, spikes } = series;
  const values = parts.map(({ value }) => value).filter((value) => value !== null);
  const contradictions: string[] = [];
  if (!isPart(min, mean) || !isPart(mean, max))
    contradictions.push(`${name}: min ${min}, mean ${mean}, max ${max}`);
  if (values.some((value) => !isPart(min, value) || !isPart(value, max)))
    contradictions.push(`${name}: ${values} are not from ${min} to ${max}`);
  for (const part of [share, ...parts.map((row) => row.share)])
    if (part !== null && !isPart(part, 1)) contradictions.push(`${name} is ${part} of all`);
  if (onset !== null && !(onset.after <= onset.before && isWithin(onset, window)))
    contradictions.push(`${name} changed between ${onset.after} and ${onset.before}`);
  if (onset !== null && (change === null || excursion !== null))
    contradictions.push(`${name} has an onset without a lasting change`);
  if (change !== null && isAlmost(change.outside, change.inside, 0.001))
    contradictions.push(`${name} changed from ${change.outside} to ${change.inside}`);
  for (const spike of spikes)
    if (spike.value < mean || spike.value > max || spike.from < window.from || spike.to > window.to)
      contradictions.push(`${name} has a spike of ${spike.value} at ${spike.from}, mean ${mean}, max ${max}`);
  return contradictions;
}

/** Whether all parts on one side of some cut are several times all on the other. */
function plainStep(values: readonly number[], samples: readonly number[]): boolean {
  const isFar = (high: [number, number], low: [number, number]) =>
    Math.min(...values.slice(...high)) > PLAIN_STEP * Math.max(...values.slice(...low)) &&
    Math.min(...samples.slice(...high)) >= MIN_STEP_SAMPLES;
  for (let cut = MIN_STEP_PARTS; cut <= values.length - MIN_STEP_PARTS; cut++) {
    const sides: [[number, number], [number, number]] = [
      [0, cut],
      [cut, values.length],
    ];
    if (isFar(sides[0], sides[1]) || isFar(sides[1], sides[0])) return true;
  }
  return false;
}
