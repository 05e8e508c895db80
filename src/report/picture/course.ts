import type { Measurement } from '../../profile/measurement.js';
import type { Series } from '../../profile/series/series.js';
import { safeText } from '../../text/sanitise.js';
import { chooseScale } from '../answers/series.js';
import type { Timeline } from '../answers/timeline-view.js';
import type { Course } from './format.js';
import type { PictureSink } from './material.js';

/** Label values that get a line of their own. */
const MAX_LABELS = 6;

/** Hands over the lines of a timeline: the total or the function, then the heaviest label values. */
export function addTimeline(sink: PictureSink | undefined, measured: Measurement, timeline: Timeline): void {
  if (sink === undefined) return;
  sink.add({ kind: 'profile', measured, filter: {}, of: '' });
  const { alias } = measured.type;
  const { whole, by, of } = timeline;
  const courses = [
    buildCourse(
      measured,
      of === null ? alias : `${alias} of ${safeText(of.function, 200)}`,
      of?.values ?? whole,
    ),
    ...(by?.series ?? [])
      .slice(0, MAX_LABELS)
      .map((series) =>
        buildCourse(
          measured,
          `${safeText(by?.label ?? '', 60)}=${safeText(series.label ?? '(none)', 100)}`,
          series,
        ),
      ),
  ];
  for (const course of courses) sink.add({ kind: 'course', course });
}

function buildCourse(measured: Measurement, title: string, { parts, onset }: Series): Course {
  const { type, rate, window } = measured;
  const { per } = chooseScale(measured);
  return {
    title,
    unit: type.unit,
    noun: type.noun,
    rateUnit: per === '' ? (rate?.unit ?? null) : null,
    per: per === '' ? '' : type.kind === 'instant' ? 'per snapshot' : 'per profile',
    points: parts.map(({ frame: { from, to }, value }) => ({ from, to, value })),
    baseline: null,
    window,
    since: onset,
  };
}
