import { setImmediate } from 'node:timers/promises';
import type { Answer } from '../../report/render.js';
import type { KeptRows } from '../../schema/rows.js';
import type { ProfileSource } from '../../sources/source.js';
import { type AnsweredCall, askedIn } from './from-answer.js';
import { type AskedMemory, createAskedMemory } from './memory.js';
import type { RememberedQuery } from './remembered.js';

/** The questions that worked, by source. */
export interface AskedBook {
  /** Takes in a call and its answer, in the background. It never fails. */
  note(call: AnsweredCall, answer: Pick<Answer, 'data'>): void;
  /** The questions about a source that worked. */
  remembered(source: ProfileSource): Promise<RememberedQuery[]>;
  /** Waits until everything that was taken in is kept, or cannot be. */
  settled(): Promise<void>;
}

/**
 * Creates the book of all sources.
 *
 * @param options.findSource finds a source by the name that answers give it; null where it is gone
 * @param options.getRows where the questions about a source are kept; undefined where they end with the
 *   process
 * @param options.onFailure is told why questions cannot be kept
 */
export function createAskedBook(options: {
  now(): number;
  findSource(name: string): Promise<ProfileSource | null>;
  getRows(source: ProfileSource): KeptRows | undefined;
  onFailure(error: unknown): void;
}): AskedBook {
  const { now, findSource, getRows, onFailure } = options;
  const memories = new WeakMap<ProfileSource, AskedMemory>();
  const opened = new Set<AskedMemory>();
  // In order: a question is compared with those that came before it.
  let noted: Promise<void> = Promise.resolve();

  const getMemory = (view: ProfileSource): AskedMemory => {
    const source = view.original ?? view;
    const known = memories.get(source);
    if (known !== undefined) return known;
    const memory = createAskedMemory({ now, rows: getRows(source), onFailure });
    memories.set(source, memory);
    opened.add(memory);
    return memory;
  };
  const take = async (call: AnsweredCall, answer: Pick<Answer, 'data'>, at: number) => {
    const found = askedIn(call, answer, at);
    const source = found === null ? null : await findSource(found.source);
    if (found !== null && source !== null) getMemory(source).note(found.asked);
  };

  return {
    note(call, answer) {
      const at = now();
      // After this turn of the event loop: the answer goes out first.
      noted = noted
        .then(() => setImmediate())
        .then(() => take(call, answer, at))
        .catch(onFailure);
    },
    remembered: (source) => getMemory(source).remembered(),
    async settled() {
      await noted;
      await Promise.all([...opened].map((memory) => memory.settled()));
    },
  };
}
