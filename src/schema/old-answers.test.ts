import { afterEach, expect, test, vi } from 'vitest';
import { schemaSource } from '../../test/support/schema-source.js';
import { UpstreamError, UserError } from '../errors.js';
import { NO_METER, type SchemaResult } from '../telemetry/meter.js';
import { createSchema } from './schema.js';

// A source that does not answer, without a cache on disk: old answers are kept in memory.

const HOUR = 3_600_000;
const WINDOW = { from: 0, to: HOUR };
const down = new UpstreamError('paused', 'failing');

afterEach(() => void vi.useRealTimers());

function remembered() {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 100 * HOUR });
  const state = { names: ['pod'], failure: null as Error | null };
  const ask = async () => {
    if (state.failure !== null) throw state.failure;
    return state.names;
  };
  const source = schemaSource({ labelNames: ask, labelValues: ask });
  const counted: SchemaResult[] = [];
  const ages: number[] = [];
  const plain = createSchema(source, { meter: { ...NO_METER, schema: (result) => counted.push(result) } });
  const schema = plain.reporting((ageMs) => ages.push(ageMs));
  const never = new AbortController().signal;
  return {
    state,
    schema,
    counted,
    ages,
    names: (view = schema) => view.labelNames([], WINDOW, never),
    later: (ms: number) => vi.advanceTimersByTime(ms),
  };
}

test('a source that does not answer leaves what it last said, for a day', async () => {
  const { state, schema, counted, ages, names, later } = remembered();
  expect(await names()).toEqual(['pod']);
  expect(await names()).toEqual(['pod']);
  state.failure = down;
  later(3 * HOUR);
  expect([await names(), schema.answers()]).toEqual([['pod'], false]);
  expect(await names()).toEqual(['pod']);
  expect(ages).toEqual([3 * HOUR, 3 * HOUR]);
  later(21 * HOUR + 1);
  await expect(names()).rejects.toBe(down);
  state.failure = null;
  state.names = ['zone'];
  expect([await names(), schema.answers()]).toEqual([['zone'], true]);
  expect(ages).toHaveLength(2);
  expect(counted).toEqual(['miss', 'hit', 'stale', 'stale', 'miss', 'miss']);
});

test('before something is said not to exist, only an answer of now will do', async () => {
  const { state, schema, names, later } = remembered();
  await names();
  state.failure = down;
  later(HOUR);
  await expect(names(schema.fresh)).rejects.toBe(down);
  expect(await names()).toEqual(['pod']);
});

test.each([
  ['a failure that is an answer', new UpstreamError('unauthorized', 'no', { status: 401 })],
  ['a mistake of the configuration', new UserError('no token', 'give one')],
  ['a bug', new TypeError('x')],
])('%s is told, whatever is remembered', async (_name, failure) => {
  const { state, schema, names, later } = remembered();
  await names();
  state.failure = failure;
  later(HOUR);
  await expect(names()).rejects.toBe(failure);
  expect(schema.answers()).toBe(true);
});
