import { expect, test } from 'vitest';
import { UpstreamError, type UpstreamKind } from '../../../errors.js';
import { waitBeforeRetry } from './retry.js';

const failed = (
  kind: UpstreamKind,
  more: { status?: number; retryAfterMs?: number; isBrokenTransfer?: boolean } = {},
) => new UpstreamError(kind, 'detail', more);

test.each<[string, unknown, number, number | null]>([
  ['a broken transfer, at once', failed('unreadable', { status: 200, isBrokenTransfer: true }), 1_000, 0],
  ['a bad gateway, at once', failed('failed', { status: 502 }), 1_000, 0],
  ['a gateway that timed out, at once', failed('timeout', { status: 504 }), 1_000, 0],
  ['429 after its time', failed('overloaded', { status: 429, retryAfterMs: 500 }), 1_000, 500],
  [
    '503 not after more than half of the rest',
    failed('overloaded', { status: 503, retryAfterMs: 501 }),
    1_000,
    null,
  ],
  ['503 without a time', failed('overloaded', { status: 503 }), 1_000, null],
  ['a 500 with a time', failed('failed', { status: 500, retryAfterMs: 1 }), 1_000, null],
  ['nobody listens', failed('unreachable'), 1_000, null],
  ['our own deadline', failed('timeout'), 1_000, null],
  ['no time left', failed('failed', { status: 502 }), 0, null],
  ['a bug of ours', new TypeError('x'), 1_000, null],
])('%s', (_, error, remainingMs, wait) => {
  expect(waitBeforeRetry(error, remainingMs)).toBe(wait);
});
