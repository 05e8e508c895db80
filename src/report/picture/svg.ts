import { escapeMarkup, safeText } from '../../text/sanitise.js';
import { formatShare, formatValue } from '../../text/units.js';
import { LIGHT } from './colours.js';
import type { Flame } from './format.js';
import { type Frames, layOut, readFrames } from './layout.js';

const [WIDTH, ROW, TOP, CHAR] = [1200, 17, 44, 6.7] as const;
/** Narrower frames, in pixels, are left out. */
const MIN_WIDTH = 1.5;
const [LEGEND_STEP, LEGEND_LEFT] = [110, 8] as const;
const FONT = 'ui-monospace,Menlo,Consolas,monospace';

/**
 * A flame graph as a drawing of its own, for pages, chats and READMEs: entry points at the top, the finding's
 * path outlined, the numbers of each frame in its tooltip.
 */
export function drawSvg(flame: Flame, heading: string): string {
  const title = safeText(heading, 200);
  const frames = readFrames(flame);
  const { x, width } = layOut(frames, frames.whole[1] > 0 ? 'now' : 'before', -1);
  const path = new Set(flame.path);
  const named = flame.path[flame.named] ?? -1;
  const [drawn, outlined]: [string[], string[]] = [[], []];
  let deepest = 0;
  frames.fn.forEach((fn, at) => {
    const wide = (width[at] ?? 0) * WIDTH;
    if (wide < MIN_WIDTH) return;
    const depth = frames.depth[at] ?? 0;
    deepest = Math.max(deepest, depth);
    const [left, top] = [((x[at] ?? 0) * WIDTH).toFixed(1), TOP + depth * ROW];
    const colour = pickColour(flame, frames, at);
    const name = readName(flame, fn);
    const label = cutLabel(`${at === named ? '► ' : ''}${sign(frames, at)}${shorten(name)}`, wide);
    drawn.push(
      `<g><title>${escapeMarkup(`${name}: ${numbers(flame, frames, at)}`)}</title>` +
        `<rect x="${left}" y="${top}" width="${Math.max(0.4, wide - 1).toFixed(1)}" height="${ROW - 1}" fill="${colour}"/>` +
        `${label === '' ? '' : `<text x="${(Number(left) + 3).toFixed(1)}" y="${top + 12}">${escapeMarkup(label)}</text>`}</g>`,
    );
    if (path.has(at))
      outlined.push(
        `<rect x="${(Number(left) + 1).toFixed(1)}" y="${top + 1}" width="${Math.max(1, wide - 3).toFixed(1)}" height="${ROW - 3}" fill="none" stroke="${LIGHT.path}" stroke-width="${at === named ? 3 : 2}"/>`,
      );
  });
  const height = TOP + (deepest + 1) * ROW + 4;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeMarkup(title)}" font-family="${FONT}" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="${LIGHT.ground}"/>`,
    `<text x="${LEGEND_LEFT}" y="16" font-size="13" font-weight="bold">${escapeMarkup(title)}</text>`,
    ...drawLegend(flame),
    ...drawn,
    ...outlined,
    '</svg>\n',
  ].join('\n');
}

function drawLegend(flame: Flame): string[] {
  const entries: (readonly [string, string])[] =
    flame.totals[0] !== null
      ? [
          [LIGHT.marks[1], '+ grew'],
          [LIGHT.marks[2], '− shrank'],
          [LIGHT.marks[0], 'within noise'],
        ]
      : [
          [LIGHT.owners[0], 'own code'],
          [LIGHT.owners[1], 'library'],
          [LIGHT.owners[2], 'runtime'],
          [LIGHT.owners[3], 'no symbols'],
        ];
  const swatches = entries.map(
    ([colour, text], at) =>
      `<rect x="${LEGEND_LEFT + at * LEGEND_STEP}" y="25" width="11" height="11" fill="${colour}"/><text x="${LEGEND_LEFT + 16 + at * LEGEND_STEP}" y="34">${text}</text>`,
  );
  const left = LEGEND_LEFT + entries.length * LEGEND_STEP;
  return flame.path.length === 0
    ? swatches
    : [
        ...swatches,
        `<rect x="${left}" y="26" width="10" height="9" fill="none" stroke="${LIGHT.path}" stroke-width="2"/><text x="${left + 16}" y="34">path of the finding</text>`,
      ];
}

function pickColour(flame: Flame, { fn, mark, before }: Frames, at: number): string {
  const owner = flame.functions.owner[fn[at] ?? -1];
  if (owner === undefined) return LIGHT.cut;
  return (before === null ? LIGHT.owners[owner] : LIGHT.marks[mark[at] ?? 0]) ?? LIGHT.cut;
}

function sign({ mark, before }: Frames, at: number): string {
  return before === null ? '' : (['', '+ ', '− '][mark[at] ?? 0] ?? '');
}

function readName({ strings, functions }: Flame, fn: number): string {
  return safeText(strings[functions.name[fn] ?? -1] ?? '… cut');
}

function shorten(name: string): string {
  const plain = name.split(/[(<[\s]/, 1)[0] ?? '';
  return name.slice(plain.lastIndexOf('/') + 1);
}

function cutLabel(label: string, wide: number): string {
  const room = Math.floor((wide - 6) / CHAR);
  if (room < 3) return '';
  return label.length <= room ? label : `${label.slice(0, room - 1)}…`;
}

function numbers({ type, per }: Flame, { before, after, whole }: Frames, at: number): string {
  const text = (value: number, of: number) =>
    `${value === 0 ? '0' : formatValue(value, type.unit, type.noun)} (${formatShare(of > 0 ? value / of : 0)})`;
  const now = text(after[at] ?? 0, whole[1]);
  const was = before === null ? '' : `${text(before[at] ?? 0, whole[0] ?? 0)} → `;
  return `${was}${now} of ${type.alias}${per === '' ? '' : `, ${per}`}`;
}
