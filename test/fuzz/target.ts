import fc, { type Arbitrary } from 'fast-check';

/** Something that reads what others wrote, and what must hold whatever that is. */
export interface Target {
  name: string;
  /** Inputs tried in CI; the script goes on until its time is over. */
  runs: number;
  /** Sets up what the check needs, such as a server. */
  open(): Promise<OpenTarget>;
}

export interface OpenTarget {
  fuzz(how: Fuzzing): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Fuzzing {
  runs: number;
  /** Milliseconds after which no further input is tried. */
  limitMs: number;
  seed?: number;
}

export interface Outcome {
  runs: number;
  seed: number;
  /** Seed, shrunk counterexample and error; null where all went well. */
  failure: string | null;
}

/**
 * Longest that one hostile input may keep us busy, milliseconds: far above what any takes, far below a hang.
 */
const HANG_MS = 10_000;

/** A target that is a check over inputs; the check throws where the promise is broken. */
export function defineTarget<T>(
  name: string,
  runs: number,
  open: () => Promise<{ input: Arbitrary<T>; check(input: T): unknown; close?(): Promise<void> }>,
): Target {
  return {
    name,
    runs,
    async open() {
      const { input, check, close } = await open();
      const property = fc.asyncProperty(input, async (value) => {
        await inTime(async () => check(value));
        if (Object.keys(Object.prototype).length > 0) throw new Error('Object.prototype was changed');
      });
      return {
        async fuzz({ runs: numRuns, limitMs, seed }) {
          const details = await fc.check(property, {
            numRuns,
            interruptAfterTimeLimit: limitMs,
            ...(seed === undefined ? {} : { seed }),
          });
          // A run that was interrupted before anything failed is no failure.
          const failure = details.failed && details.counterexample !== null ? report(details) : null;
          return { runs: details.numRuns, seed: details.seed, failure };
        },
        close: close ?? (async () => {}),
      };
    },
  };
}

function report<T>(details: fc.RunDetails<[T]>): string {
  const error = details.failed ? details.errorInstance : null;
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${fc.defaultReportMessage(details)}\n${why}`;
}

/** Fails where work does not end in time, or kept the process busy for longer than that. */
async function inTime(work: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${HANG_MS} ms`)), HANG_MS);
  });
  try {
    await Promise.race([work(), late]);
    const took = performance.now() - began;
    if (took > HANG_MS) throw new Error(`busy for ${Math.round(took)} ms`);
  } finally {
    clearTimeout(timer);
  }
}
