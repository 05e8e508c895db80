import { safeText } from '../text/sanitise.js';
import { formatSpan } from '../text/units.js';
import type { Answer } from './render.js';

/** Age from which remembered answers are mentioned although the source answers, milliseconds. */
const WORTH_SAYING_MS = 10 * 60_000;

/** An answer about a source that was drawn from what was learned of it earlier. */
export interface OldAnswer {
  source: string;
  /** Age of the oldest part, milliseconds. */
  ageMs: number;
  /** Whether the source answered when it was last asked. */
  isAnswering: boolean;
}

/** Writes a note about remembered answers; null where they are too young to matter. */
export function oldAnswerNote({ source, ageMs, isAnswering }: OldAnswer): string | null {
  if (isAnswering && ageMs < WORTH_SAYING_MS) return null;
  const now = isAnswering ? 'it is being asked again' : 'it does not answer now';
  return `Which services, types and labels ${safeText(source, 100)} has was learned ${formatSpan(ageMs)} ago; ${now}.`;
}

/** An answer with further notes: before the calls and links that end its text. */
export function withNotes(answer: Answer, notes: readonly string[]): Answer {
  if (notes.length === 0) return answer;
  const notesBefore = Array.isArray(answer.data.notes) ? answer.data.notes : [];
  const ends = answer.text.findIndex(({ rows }) =>
    /^(?:Next: |https?:|Open in |Source at |Deployed: )/.test(rows[0] ?? ''),
  );
  const at = ends < 0 ? answer.text.length : ends;
  const block = { rows: notes.map((note) => `Note: ${note}`) };
  return {
    ...answer,
    data: { ...answer.data, notes: [...notesBefore, ...notes] },
    text: [...answer.text.slice(0, at), block, ...answer.text.slice(at)],
  };
}
