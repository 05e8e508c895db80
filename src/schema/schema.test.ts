import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { schemaSource } from '../../test/support/schema-source.js';
import type { ProfileSource } from '../sources/source.js';
import { createSchema, rememberedMs } from './schema.js';

const WINDOW = { from: 60_000, to: 3_660_000 };

/** A source that counts what it is asked and answers when told to. */
function slowSource() {
  const questions: {
    signal: AbortSignal;
    answer: (values: string[]) => void;
    fail: (error: Error) => void;
  }[] = [];
  const source = schemaSource({
    labelNames: async () => ['pod'],
    labelValues: (_name, _query, signal) =>
      new Promise((answer, fail) => {
        questions.push({ signal, answer, fail });
        signal.addEventListener('abort', () => fail(signal.reason));
      }),
  });
  return { questions, source, schema: createSchema(source) };
}

const never = () => new AbortController().signal;

describe('replicas that learned something at the same moment', () => {
  afterEach(() => void vi.useRealTimers());

  test('forget it one after another, within the last quarter of a minute', () => {
    expect([rememberedMs(0), rememberedMs(1)]).toEqual([60_000, 45_000]);
    const random = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(random, random, (a, b) => {
        expect(rememberedMs(a)).toBeGreaterThanOrEqual(45_000);
        expect(rememberedMs(a)).toBeLessThanOrEqual(60_000);
        // As far apart as the random numbers are.
        expect(rememberedMs(a) - rememberedMs(b)).toBeCloseTo(15_000 * (b - a), 6);
      }),
      { numRuns: 100 },
    );
  });

  test('ask again one after another', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const replicas = Array.from({ length: 200 }, () => {
      const state = { questions: 0 };
      const source: ProfileSource = {
        ...slowSource().source,
        labelNames: async () => {
          state.questions++;
          return ['pod'];
        },
      };
      return { state, schema: createSchema(source) };
    });
    const askAll = async () => {
      for (const { schema } of replicas) await schema.labelNames([], WINDOW, never());
      return replicas.filter(({ state }) => state.questions > 1).length;
    };
    expect(await askAll()).toBe(0);
    vi.advanceTimersByTime(44_999);
    expect(await askAll()).toBe(0);
    const more: number[] = [];
    for (let step = 0, before = 0; step < 15; step++) {
      vi.advanceTimersByTime(1_000);
      const now = await askAll();
      more.push(now - before);
      before = now;
    }
    vi.advanceTimersByTime(2);
    expect(await askAll()).toBe(200);
    // A fifteenth each second, and never half of them: 100 of 200 would be 25 standard deviations off.
    expect(Math.max(...more)).toBeLessThan(100);
  });
});

describe('what a source has', () => {
  test('is asked once for many who ask at the same time, and remembered', async () => {
    const { questions, schema } = slowSource();
    const answers = [1, 2, 3].map(() => schema.typeIds([], WINDOW, never()));
    expect(questions.length).toBe(1);
    questions[0]?.answer(['cpu']);
    expect(await Promise.all(answers)).toEqual([['cpu'], ['cpu'], ['cpu']]);
    expect(await schema.typeIds([], { from: 60_500, to: 3_660_900 }, never())).toEqual(['cpu']);
    expect(questions.length).toBe(1);
  });

  test('is asked again for another minute, label or matcher', async () => {
    const { questions, schema } = slowSource();
    void schema.labelValues('pod', [], WINDOW, never());
    void schema.labelValues('zone', [], WINDOW, never());
    void schema.labelValues('pod', [{ name: 'a', op: '=', value: 'b' }], WINDOW, never());
    void schema.labelValues('pod', [], { from: 0, to: 3_660_000 }, never());
    expect(questions.length).toBe(4);
  });

  test('does not depend on the one who asked first', async () => {
    const { questions, schema } = slowSource();
    const first = new AbortController();
    const left = schema.typeIds([], WINDOW, first.signal);
    const stays = schema.typeIds([], WINDOW, never());
    first.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    questions[0]?.answer(['cpu']);
    expect(await stays).toEqual(['cpu']);
  });

  test('is not asked for on behalf of nobody', async () => {
    const { questions, schema } = slowSource();
    const only = new AbortController();
    const left = schema.typeIds([], WINDOW, only.signal);
    only.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(questions[0]?.signal.aborted).toBe(true);
  });

  test('of a short window is asked to the millisecond', async () => {
    const { questions, schema } = slowSource();
    void schema.typeIds([], { from: 60_000, to: 120_000 }, never());
    void schema.typeIds([], { from: 60_500, to: 120_000 }, never());
    expect(questions.length).toBe(2);
  });

  describe('of a window that moves with now', () => {
    const NOW = Date.parse('2026-11-20T15:00:00Z');
    const MINUTE = 60_000;
    /** How many questions two windows of the same length take, which end so many minutes before now. */
    const questionCount = (minutes: number, ends: readonly [number, number]) => {
      const { questions, source } = slowSource();
      const schema = createSchema(source, { now: () => NOW });
      for (const end of ends) {
        const to = NOW - end * MINUTE;
        void schema.typeIds([], { from: to - minutes * MINUTE, to }, never());
      }
      return questions.length;
    };

    test.each([
      {
        what: 'an hour that ends now, and one that ended 5 minutes ago',
        minutes: 60,
        ends: [0, 5],
        questions: 1,
      },
      { what: 'an hour that ended 6 minutes ago', minutes: 60, ends: [0, 6], questions: 2 },
      { what: 'two hours that ended 6 and 7 minutes ago', minutes: 120, ends: [6, 7], questions: 2 },
      { what: 'an hour that ends 5 minutes from now', minutes: 60, ends: [0, -5], questions: 1 },
      { what: 'an hour that ends 6 minutes from now', minutes: 60, ends: [0, -6], questions: 2 },
      { what: 'half an hour, the shortest long window', minutes: 30, ends: [0, 5], questions: 1 },
      { what: 'less than half an hour', minutes: 29, ends: [0, 5], questions: 2 },
    ] as const)('$what: asked $questions times', ({ minutes, ends, questions: expected }) => {
      expect(questionCount(minutes, ends)).toBe(expected);
    });
  });

  test('nothing is not remembered', async () => {
    const { questions, schema } = slowSource();
    const nothing = schema.typeIds([], WINDOW, never());
    questions[0]?.answer([]);
    expect(await nothing).toEqual([]);
    void schema.typeIds([], WINDOW, never());
    expect(questions.length).toBe(2);
  });

  test('a failure is not remembered', async () => {
    const { questions, schema } = slowSource();
    const failed = schema.typeIds([], WINDOW, never());
    questions[0]?.fail(new Error('down'));
    await expect(failed).rejects.toThrow('down');
    const again = schema.typeIds([], WINDOW, never());
    questions[1]?.answer(['cpu']);
    expect(await again).toEqual(['cpu']);
  });
});
