import type { Palette } from '../src/report/picture/colours.js';
import { type Flame, OWNERS } from '../src/report/picture/format.js';
import type { Frames, Layout } from '../src/report/picture/layout.js';
import { MARK_SIGNS, readName, shortName } from './words.js';

/** Height of a row of frames, in CSS pixels. */
export const ROW = 18;
/** Narrower frames are drawn without a border, and those of less than half a pixel not at all. */
const MIN_BORDERED = 3;
const MIN_WIDTH = 0.4;
const FONT = '11px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** Everything that a drawing of frames depends on. */
export interface Scene {
  flame: Flame;
  frames: Frames;
  layout: Layout;
  palette: Palette;
  /** Whether entry points stand at the bottom. */
  isUpright: boolean;
  /** Frames of the finding's path, and the frame that the finding names. */
  path: ReadonlySet<number>;
  named: number;
  selected: number;
  /** 1 for each function that the search has found; null without a search. */
  found: Uint8Array | null;
  /** Whether colours tell whose code a frame is, also where sides are compared. */
  byOwner: boolean;
  /** Function whose frames are all outlined; -1 for none. */
  marked: number;
  scrollTop: number;
  width: number;
  height: number;
}

/** Top of a row of frames in the whole picture. */
export function rowTop({ frames, isUpright }: Pick<Scene, 'frames' | 'isUpright'>, depth: number): number {
  return (isUpright ? frames.maxDepth - depth : depth) * ROW;
}

/** The frame at a point of the visible part; -1 for none. */
export function frameAt(scene: Scene, x: number, y: number): number {
  const { frames, layout, width, scrollTop } = scene;
  const row = Math.floor((y + scrollTop) / ROW);
  const depth = scene.isUpright ? frames.maxDepth - row : row;
  const part = x / width;
  for (let at = 0; at < frames.fn.length; at++) {
    if (frames.depth[at] !== depth || !layout.isShown(at)) continue;
    const left = layout.x[at] ?? 0;
    if (part >= left && part < left + (layout.width[at] ?? 0)) return at;
  }
  return -1;
}

/** Draws the visible part of the frames. */
export function drawScene(context: CanvasRenderingContext2D, scene: Scene): void {
  const { frames, layout, palette, width, height, scrollTop, path } = scene;
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = 'middle';
  const charWidth = context.measureText('mmmmmmmmmm').width / 10;
  for (let at = 0; at < frames.fn.length; at++) {
    const frameWidth = (layout.width[at] ?? 0) * width;
    if (frameWidth < MIN_WIDTH || !layout.isShown(at)) continue;
    const top = rowTop(scene, frames.depth[at] ?? 0) - scrollTop;
    if (top > height || top < -ROW) continue;
    drawFrame(context, scene, at, { left: (layout.x[at] ?? 0) * width, top, frameWidth, charWidth });
  }
  // Outlines lie above their neighbours' edges.
  for (const at of path) outline(context, scene, at, palette.path, at === scene.named ? 3 : 2);
  if (scene.marked >= 0)
    frames.fn.forEach((fn, at) => {
      if (fn === scene.marked) outline(context, scene, at, palette.text, 2);
    });
  if (scene.selected >= 0 && scene.selected !== scene.named)
    outline(context, scene, scene.selected, palette.text, 2);
}

interface Place {
  left: number;
  top: number;
  frameWidth: number;
  charWidth: number;
}

function drawFrame(context: CanvasRenderingContext2D, scene: Scene, at: number, place: Place): void {
  const { flame, frames, palette, found, named } = scene;
  const { left, top, frameWidth, charWidth } = place;
  const fn = frames.fn[at] ?? 0;
  const isCut = fn >= flame.functions.name.length;
  const isFound = found?.[fn] === 1;
  const gap = frameWidth >= MIN_BORDERED ? 1 : 0;
  context.globalAlpha = found === null || isFound ? 1 : 0.35;
  context.fillStyle = isCut ? palette.cut : pickColour(scene, at, fn);
  context.fillRect(left, top, frameWidth - gap, ROW - 1);
  if (isFound) {
    context.fillStyle = palette.match;
    context.fillRect(left, top + ROW - 5, frameWidth - gap, 4);
  }
  const room = Math.floor((frameWidth - 6) / charWidth);
  if (room >= 3) {
    const sign = isCut ? '' : (MARK_SIGNS[frames.mark[at] ?? 0] ?? '');
    const label = `${at === named ? '► ' : ''}${sign}${shortenLabel(flame, fn, isCut)}`;
    context.fillStyle = isCut ? palette.text : palette.ink;
    context.fillText(fitLabel(context, label, room, frameWidth - 6), left + 3, top + ROW / 2);
  }
  context.globalAlpha = 1;
}

/** Labels by flame graph and function: shortening names for every drawing took most of its time. */
const labels = new WeakMap<Flame, string[]>();

function shortenLabel(flame: Flame, fn: number, isCut: boolean): string {
  if (isCut) return '… cut';
  const known = labels.get(flame) ?? [];
  labels.set(flame, known);
  const label = known[fn] ?? shortName(readName(flame, fn));
  known[fn] = label;
  return label;
}

/** The start of a label that fits; characters of other widths than the font's are measured. */
function fitLabel(context: CanvasRenderingContext2D, label: string, room: number, width: number): string {
  const short = label.length <= room ? label : `${label.slice(0, Math.max(0, room - 1))}…`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is that of the characters of one width
  if (/^[\x00-\u024f…►−]*$/.test(short)) return short;
  let rest = Array.from(short);
  while (rest.length > 1 && context.measureText(rest.join('')).width > width) rest = rest.slice(0, -1);
  return rest.join('');
}

/** In a comparison only what changed has a colour; else the colour says whose code it is. */
function pickColour({ flame, frames, palette, byOwner }: Scene, at: number, fn: number): string {
  if (frames.before !== null && !byOwner) return palette.marks[frames.mark[at] ?? 0] ?? palette.marks[0];
  return palette.owners[flame.functions.owner[fn] ?? OWNERS.length - 1] ?? palette.cut;
}

function outline(
  context: CanvasRenderingContext2D,
  scene: Scene,
  at: number,
  colour: string,
  thickness: number,
): void {
  const { frames, layout, width, height, scrollTop } = scene;
  if (!layout.isShown(at)) return;
  const top = rowTop(scene, frames.depth[at] ?? 0) - scrollTop;
  if (top > height || top < -ROW) return;
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  const inset = thickness / 2;
  const frameWidth = Math.max(thickness, (layout.width[at] ?? 0) * width - 1);
  context.strokeRect(
    (layout.x[at] ?? 0) * width + inset,
    top + inset,
    frameWidth - thickness,
    ROW - 1 - thickness,
  );
}
