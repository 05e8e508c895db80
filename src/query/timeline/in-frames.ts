import { type Frame, type Span, windowsOf } from '../../profile/timeline.js';

/** Requests of one answer that are under way at the same time. */
export const IN_FLIGHT = 4;

/** One thing per frame, made from the closed window that it stands for; null where the frame holds no profile. */
export function inFrames<T>(
  frames: readonly Frame[],
  make: (window: Span, at: number) => T | null,
): (T | null)[] {
  return windowsOf(frames).map((window, at) => (frames[at]?.first == null ? null : make(window, at)));
}
