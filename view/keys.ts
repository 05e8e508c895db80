import type { Frames, Layout } from '../src/report/picture/layout.js';

interface Position {
  frames: Frames;
  layout: Pick<Layout, 'width' | 'isShown'>;
  isUpright: boolean;
  selected: number;
}

/** Finds the frame or the zoom that a key leads to; null for a key without a meaning here. */
export function keyTarget(key: string, position: Position): number | 'zoom' | 'all' | null {
  const { frames, layout, isUpright, selected } = position;
  const isDrawn = (at: number) => layout.isShown(at) && (layout.width[at] ?? 0) > 0;
  if (key === 'Escape') return 'all';
  if (key === 'Enter' || key === ' ') return selected < 0 ? null : 'zoom';
  if (!key.startsWith('Arrow') && key !== 'Home') return null;
  const first = frames.fn.findIndex((_, at) => isDrawn(at));
  if (selected < 0 || key === 'Home') return first < 0 ? null : first;
  const inward = isUpright ? 'ArrowUp' : 'ArrowDown';
  if (key === inward) {
    const callee = selected + 1;
    return callee < (frames.end[selected] ?? 0) && isDrawn(callee) ? callee : selected;
  }
  if (key === 'ArrowUp' || key === 'ArrowDown')
    return Math.max(frames.parent[selected] ?? -1, -1) < 0 ? selected : (frames.parent[selected] ?? selected);
  const siblings: number[] = [];
  const parent = frames.parent[selected] ?? -1;
  const last = parent < 0 ? frames.fn.length : (frames.end[parent] ?? 0);
  for (let at = parent + 1; at < last; at = frames.end[at] ?? last) if (isDrawn(at)) siblings.push(at);
  const place = siblings.indexOf(selected) + (key === 'ArrowRight' ? 1 : -1);
  return siblings[place] ?? selected;
}
