import type { Palette } from '../src/report/picture/colours.js';
import type { Flame } from '../src/report/picture/format.js';
import { type Frames, type Layout, layOut, type Width } from '../src/report/picture/layout.js';
import { el } from './dom.js';
import { drawScene, frameAt, ROW, rowTop, type Scene } from './draw.js';
import { keyTarget } from './keys.js';

/** Highest visible part of a chart, in CSS pixels; the rest is scrolled to. */
const MAX_HEIGHT = 460;

export interface ChartOptions {
  flame: Flame;
  frames: Frames;
  label: string;
  isUpright: boolean;
  width: Width;
  path: readonly number[];
  named: number;
  palette: Palette;
  /** A frame under the pointer or the keyboard; -1 when the pointer leaves. */
  onLook(at: number, byKeyboard: boolean): void;
  /** A frame that was chosen; its function is what buttons act on. */
  onChoose(at: number): void;
}

/** A picture of frames with its pointer and keyboard. */
export interface Chart {
  element: HTMLElement;
  show(
    change: Partial<Pick<Scene, 'found' | 'marked' | 'palette' | 'isUpright' | 'byOwner'>> & {
      width?: Width;
    },
  ): void;
  /** Fills the width with a frame and its callers; -1 shows all. */
  zoom(at: number): void;
  /** Brings a frame into sight. */
  reveal(at: number): void;
  /** Chooses a frame, as a click does, without a zoom. */
  select(at: number): void;
  redraw(): void;
  /** Draws at once, where the element has a width already. */
  draw(): void;
}

export function createChart(options: ChartOptions): Chart {
  const { flame, frames } = options;
  let width = options.width;
  let focus = -1;
  let layout: Layout = layOut(frames, width, focus);
  const canvas = el('canvas', {
    tabindex: 0,
    role: 'application',
    'aria-roledescription': 'flame graph',
    'aria-label': `${options.label}. Arrow keys walk between callers and callees, Enter zooms, Escape shows all.`,
  });
  const spacer = el('div', { class: 'spacer' }, canvas);
  const element = el('div', { class: 'chart' }, spacer);
  const context = canvas.getContext('2d');
  const scene: Scene = {
    flame,
    frames,
    layout,
    palette: options.palette,
    isUpright: options.isUpright,
    path: new Set(options.path),
    named: options.named,
    selected: -1,
    found: null,
    byOwner: false,
    marked: -1,
    scrollTop: 0,
    width: 0,
    height: 0,
  };

  // At once: before it has a height nothing can be scrolled into sight.
  const whole = (frames.maxDepth + 1) * ROW;
  spacer.style.height = `${whole}px`;
  element.style.maxHeight = `${Math.min(MAX_HEIGHT, whole)}px`;

  let isDue = false;
  const redraw = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  };
  const draw = () => {
    scene.width = element.clientWidth;
    scene.height = Math.min(MAX_HEIGHT, whole);
    scene.scrollTop = element.scrollTop;
    const ratio = window.devicePixelRatio || 1;
    const [pixelsWide, pixelsHigh] = [Math.round(scene.width * ratio), Math.round(scene.height * ratio)];
    if (canvas.width !== pixelsWide || canvas.height !== pixelsHigh) {
      canvas.width = pixelsWide;
      canvas.height = pixelsHigh;
      canvas.style.height = `${scene.height}px`;
    }
    if (context === null) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawScene(context, scene);
  };
  const relayout = () => {
    layout = layOut(frames, width, focus);
    scene.layout = layout;
    redraw();
  };
  const reveal = (at: number) => {
    const top = rowTop(scene, frames.depth[at] ?? 0);
    const visible = Math.min(MAX_HEIGHT, (frames.maxDepth + 1) * ROW);
    if (top < element.scrollTop + ROW || top > element.scrollTop + visible - 3 * ROW)
      element.scrollTop = Math.max(0, top - visible * 0.6);
    redraw();
  };
  const select = (at: number, byKeyboard: boolean) => {
    scene.selected = at;
    if (byKeyboard) reveal(at);
    options.onChoose(at);
    options.onLook(at, byKeyboard);
    redraw();
  };
  const zoom = (at: number) => {
    focus = at;
    relayout();
  };

  const at = (event: MouseEvent) => {
    const box = canvas.getBoundingClientRect();
    return frameAt(scene, event.clientX - box.left, event.clientY - box.top);
  };
  canvas.addEventListener('mousemove', (event) => {
    const frame = at(event);
    canvas.style.cursor = frame < 0 ? 'default' : 'pointer';
    options.onLook(frame < 0 ? scene.selected : frame, false);
  });
  canvas.addEventListener('mouseleave', () => options.onLook(scene.selected, false));
  canvas.addEventListener('click', (event) => {
    const frame = at(event);
    if (frame < 0) return;
    // The frame that fills the picture gives it back to its caller.
    zoom(frame === focus ? (frames.parent[frame] ?? -1) : frame);
    select(frame, false);
  });
  element.addEventListener('scroll', redraw);
  canvas.addEventListener('keydown', (event) => {
    const target = keyTarget(event.key, {
      frames,
      layout,
      isUpright: scene.isUpright,
      selected: scene.selected,
    });
    if (target === 'zoom') zoom(scene.selected);
    else if (target === 'all') zoom(-1);
    else if (target === null) return;
    else select(target, true);
    event.preventDefault();
  });
  // Before the page has a width there is nothing to draw; it may get one late.
  new ResizeObserver(redraw).observe(element);

  return {
    element,
    show(change) {
      const { width: newWidth = width, ...rest } = change;
      Object.assign(scene, rest);
      if (newWidth !== width) {
        width = newWidth;
        relayout();
      } else redraw();
    },
    zoom,
    reveal,
    select: (frame) => select(frame, false),
    redraw,
    draw,
  };
}
