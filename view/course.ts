import type { Course } from '../src/report/picture/format.js';
import { formatRate, formatValue } from '../src/text/units.js';
import { svg } from './dom.js';
import { shown } from './words.js';

const [HEIGHT, LEFT, TOP, BOTTOM] = [118, 4, 32, 16] as const;

/**
 * Cost over time: the line, with baseline, window and onset marked.
 *
 * @param width of the drawing, so that its letters stay as large as the page's
 * @param locale form of the clock times; they are in UTC, as in the answers
 */
export function drawCourse(course: Course, width: number, locale: string | undefined): SVGElement {
  const known = course.points.filter((point) => point.value !== null);
  const start = Math.min(course.baseline?.from ?? course.window.from, course.window.from);
  const end = Math.max(course.baseline?.to ?? course.window.to, course.window.to);
  const highest = Math.max(...known.map(({ value }) => value ?? 0), Number.MIN_VALUE);
  const x = scaleTimes(course, width, start, end);
  const y = (value: number) => HEIGHT - BOTTOM - (value / highest) * (HEIGHT - TOP - BOTTOM);
  const clock = createClock(locale, end - start);
  const band = (from: number, to: number, name: string) =>
    svg('rect', {
      class: name,
      x: x(from),
      y: TOP,
      width: Math.max(1, x(to) - x(from)),
      height: HEIGHT - TOP - BOTTOM,
    });
  const text = (at: number, top: number, words: string, anchor: string, name = '') =>
    svg('text', { x: at, y: top, 'text-anchor': anchor, class: name }, words);
  const { since, baseline, window: asked } = course;
  const middle = since === null ? 0 : (x(since.after) + x(since.before)) / 2;
  return svg(
    'svg',
    {
      viewBox: `0 0 ${width} ${HEIGHT}`,
      role: 'img',
      'aria-label': sentence(course, clock),
      class: 'course',
    },
    baseline === null ? null : band(baseline.from, baseline.to, 'baseline'),
    band(asked.from, asked.to, 'window'),
    since === null ? null : band(since.after, since.before, 'onset'),
    ...known.map(({ from, to, value }) =>
      svg('line', { class: 'level', x1: x(from), x2: x(to), y1: y(value ?? 0), y2: y(value ?? 0) }),
    ),
    text(LEFT, 12, `${shown(course.title)}, up to ${valueIn(course, highest)}`, 'start', 'title'),
    baseline === null
      ? null
      : text((x(baseline.from) + x(baseline.to)) / 2, HEIGHT - 4, 'baseline', 'middle'),
    text(Math.min(width - 75, (x(asked.from) + x(asked.to)) / 2), HEIGHT - 4, 'window', 'middle'),
    text(LEFT, HEIGHT - 4, clock(start), 'start'),
    text(width - LEFT, HEIGHT - 4, clock(end), 'end'),
    since === null
      ? null
      : text(
          middle,
          26,
          `since ${clock(since.after)} – ${clock(since.before)}`,
          middle > width * 0.8 ? 'end' : 'middle',
          'title',
        ),
  );
}

/** Part of the width for a stretch between two windows that nothing was asked about. */
const GAP = 24;

/** Places times on the width. Where baseline and window lie far apart the stretch between them is short. */
function scaleTimes(
  { baseline, window: asked }: Course,
  width: number,
  start: number,
  end: number,
): (time: number) => number {
  const room = width - 2 * LEFT;
  const plain = (time: number) => LEFT + ((time - start) / Math.max(1, end - start)) * room;
  if (baseline === null) return plain;
  const [first, second] = baseline.from <= asked.from ? [baseline, asked] : [asked, baseline];
  const between = second.from - first.to;
  const measured = first.to - first.from + (second.to - second.from);
  if (between < measured) return plain;
  return (time) => {
    const inFirst = Math.min(Math.max(time, first.from), first.to) - first.from;
    const inSecond = Math.min(Math.max(time, second.from), second.to) - second.from;
    return LEFT + ((inFirst + inSecond) / measured) * (room - GAP) + (time >= second.from ? GAP : 0);
  };
}

/** Writes times of a course: with the day where it spans several. */
function createClock(locale: string | undefined, span: number): (time: number) => string {
  const day = span > 86_400_000 ? ({ month: 'short', day: 'numeric' } as const) : {};
  const format = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
    ...day,
  });
  return (time) => `${format.format(time)}Z`;
}

function valueIn({ unit, noun, rateUnit, per }: Course, value: number): string {
  if (rateUnit !== null) return formatRate(value, rateUnit);
  return `${formatValue(value, unit, noun)}${per === '' ? '' : ` ${per}`}`;
}

/** The course in words, for those who do not see it. */
function sentence(course: Course, clock: (time: number) => string): string {
  const values = course.points.flatMap(({ value }) => (value === null ? [] : [value]));
  const range =
    values.length === 0
      ? 'no profiles'
      : `between ${valueIn(course, Math.min(...values))} and ${valueIn(course, Math.max(...values))}`;
  const { since } = course;
  const onset = since === null ? '' : ` It changed between ${clock(since.after)} and ${clock(since.before)}.`;
  return `${shown(course.title)} over time: ${range}.${onset}`;
}
