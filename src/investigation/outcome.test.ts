import { expect, test } from 'vitest';
import { UpstreamError } from '../errors.js';
import type { Evidence } from './evidence/evidence.js';
import { readOnset } from './outcome.js';

const aborted = AbortSignal.abort(new Error('the caller went'));
const { signal: open } = new AbortController();

/** Reads the onset of a leak from evidence that fails as soon as it is asked. */
function read(error: Error, signals: { signal?: AbortSignal; soon?: AbortSignal } = {}) {
  const evidence = {
    get context(): Evidence['context'] {
      throw error;
    },
  };
  return readOnset(evidence, undefined, { signal: open, ...signals });
}

test('an onset that a store does not tell is not read, and the rest of the answer stands', async () => {
  const { since, unread } = await read(new UpstreamError('timeout', 'no answer within 30 s'));
  expect(since).toBeNull();
  expect(unread?.why).toBe('the store did not answer in time');
});

test('nor is one for which no time is left', async () => {
  const late = await read(new Error('stopped'), { soon: AbortSignal.abort() });
  expect(late).toMatchObject({ since: null, unread: { reason: 'no_time' } });
  await expect(read(new Error('stopped'), { soon: open })).rejects.toThrow('stopped');
});

test('a fault of ours, and the abort of the caller, are thrown', async () => {
  await expect(read(new TypeError('a fault'))).rejects.toThrow('a fault');
  await expect(read(new UpstreamError('timeout', 'late'), { signal: aborted })).rejects.toThrow(
    'the caller went',
  );
});
