import { setTimeout } from 'node:timers/promises';
import { hash } from '../../schema/identity.js';
import type { KeptRows } from '../../schema/rows.js';
import { type AskedQuery, isRememberable, type QueryShape, shapeKey } from './asked-query.js';
import { FOLLOW_UP_MS, followedUp } from './followed-up.js';
import {
  ageRemembered,
  mergeRemembered,
  type RememberedQuery,
  readRow,
  toDay,
  writeRow,
} from './remembered.js';

/** Most recent questions of a source that a further one is compared with. */
const MAX_RECENT = 100;
/** Pause after a failure to keep the questions, milliseconds: they stay in this process until then. */
const RETRY_MS = 60_000;
/** Longest time that an answer waits for the place, milliseconds. */
const READ_MS = 1_000;

/** The questions about one source, as one view of it, that worked. */
export interface AskedMemory {
  /** Takes in a question that had an answer, and keeps in the background what follows from it. */
  note(asked: AskedQuery): void;
  /** The questions that worked, of all processes that share the place, else of this one. */
  remembered(): Promise<RememberedQuery[]>;
  /** Waits until what was taken in is kept, or cannot be. */
  settled(): Promise<void>;
}

/**
 * Creates the memory of one source.
 * @param options.rows where it is kept; left out where it ends with the process
 * @param options.onFailure is told why it cannot be kept
 */
export function createAskedMemory(options: {
  now(): number;
  rows?: KeptRows | undefined;
  onFailure?: (error: unknown) => void;
}): AskedMemory {
  const { now, rows, onFailure = () => {} } = options;
  let recent: AskedQuery[] = [];
  /** Questions that this process found to work, kept or not: merging them again adds nothing. */
  let own: RememberedQuery[] = [];
  let running: Promise<void> | null = null;
  let isUnsaved = false;
  let pausedUntil = 0;

  const learn = (shapes: readonly QueryShape[]): boolean => {
    const today = toDay(now());
    const known = new Map(own.map((query) => [shapeKey(query), query.days]));
    const isNew = (shape: QueryShape) =>
      isRememberable(shape) && known.get(shapeKey(shape))?.includes(today) !== true;
    const learned = shapes.filter(isNew).map((shape) => ({ ...shape, days: [today] }));
    if (learned.length === 0) return false;
    own = ageRemembered(mergeRemembered(own, learned), today);
    return true;
  };

  const save = async (kept: KeptRows) => {
    while (isUnsaved) {
      isUnsaved = false;
      try {
        await kept.change((stored) => buildChange(stored, own, toDay(now())));
      } catch (error) {
        isUnsaved = true;
        pausedUntil = now() + RETRY_MS;
        onFailure(error);
        break;
      }
    }
    running = null;
  };

  return {
    note(asked) {
      const earlier = recent.filter(({ at }) => asked.at - at <= FOLLOW_UP_MS);
      const hasLearned = learn(followedUp(earlier, asked));
      recent = [...earlier.filter(({ call }) => call !== asked.call), asked].slice(-MAX_RECENT);
      isUnsaved ||= hasLearned;
      if (rows !== undefined && isUnsaved && now() >= pausedUntil) running ??= save(rows);
    },
    async remembered() {
      const stored = rows === undefined ? [] : await soon(rows.read().then(storedQueries, () => []));
      return ageRemembered(mergeRemembered(stored, own), toDay(now()));
    },
    async settled() {
      await running;
    },
  };
}

/** The questions, or none where the place takes too long. */
async function soon(reading: Promise<RememberedQuery[]>): Promise<RememberedQuery[]> {
  const patience = new AbortController();
  const waiting = setTimeout(READ_MS, [], { signal: patience.signal, ref: false }).catch(() => []);
  const questions = await Promise.race([reading, waiting]);
  patience.abort();
  return questions;
}

/** The rows that can be read, whatever the others are. */
function storedQueries(rows: ReadonlyMap<string, string>): RememberedQuery[] {
  return [...rows.values()].flatMap((text) => readRow(text) ?? []);
}

/** The change after which rows hold what they held and what this process found out, aged. */
function buildChange(stored: ReadonlyMap<string, string>, own: readonly RememberedQuery[], today: number) {
  const queries = ageRemembered(mergeRemembered(storedQueries(stored), own), today);
  const wanted = new Map(queries.map((query) => [hash(shapeKey(query)).slice(0, 32), writeRow(query)]));
  return {
    put: new Map([...wanted].filter(([name, text]) => stored.get(name) !== text)),
    drop: [...stored.keys()].filter((name) => !wanted.has(name)),
  };
}
