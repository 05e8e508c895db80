import { describe, expect, test } from 'vitest';
import { UserError } from '../errors.js';
import { type IdArguments, readIds } from './ids.js';

const SPAN = '00f067aa0ba902b7';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PROFILE = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

function refusal(args: IdArguments): string {
  try {
    readIds(args);
  } catch (error) {
    if (error instanceof UserError) return `${error.message} ${error.next}`;
  }
  throw new Error('no refusal');
}

describe('ids of requests and profiles', () => {
  test.each<[IdArguments, ReturnType<typeof readIds>]>([
    [{}, null],
    [{ span_id: SPAN }, { kind: 'span', ids: [SPAN] }],
    [
      { span_id: ` ${SPAN.toUpperCase()}, 0x${SPAN} ,1f0067aa0ba902b7` },
      { kind: 'span', ids: [SPAN, '1f0067aa0ba902b7'] },
    ],
    [{ trace_id: TRACE }, { kind: 'trace', ids: [TRACE] }],
    [{ profile_id: PROFILE }, { kind: 'profile', ids: [PROFILE] }],
    [{ profile_id: PROFILE.replaceAll('-', '').toUpperCase() }, { kind: 'profile', ids: [PROFILE] }],
  ])('%j', (args, ids) => {
    expect(readIds(args)).toEqual(ids);
  });

  test.each<[IdArguments, RegExp]>([
    [{ span_id: 'zz' }, /`span_id` "zz" is no span id: that is 16 hexadecimal digits/],
    [{ span_id: SPAN.slice(1) }, /is no span id/],
    [{ span_id: `${SPAN}0` }, /is no span id/],
    [{ span_id: 'g0f067aa0ba902b7' }, /is no span id/],
    [{ span_id: `${SPAN},zz` }, /"zz" is no span id/],
    [{ span_id: TRACE }, /form of a trace id: give it in `trace_id`/],
    [{ trace_id: SPAN }, /form of a span id: give it in `span_id`/],
    [{ trace_id: PROFILE }, /form of a profile id: give it in `profile_id`/],
    [{ profile_id: 'abc' }, /is no profile id: that is a UUID/],
    [{ span_id: '0000000000000000' }, /is the empty span id/],
    [{ profile_id: '00000000-0000-0000-0000-000000000000' }, /is the empty profile id/],
    [{ span_id: ' , ' }, /names no id/],
    [{ span_id: SPAN, trace_id: TRACE }, /`span_id` and `trace_id` cannot be combined/],
    [{ profile_id: PROFILE, trace_id: TRACE }, /`trace_id` and `profile_id` cannot be combined/],
  ])('%j is refused', (args, words) => {
    expect(refusal(args)).toMatch(words);
  });

  test('a hundred are taken, one more is not', () => {
    const spans = (count: number) =>
      Array.from({ length: count }, (_, at) => (at + 1).toString(16).padStart(16, '0')).join(',');
    expect(readIds({ span_id: spans(100) })?.ids).toHaveLength(100);
    expect(refusal({ span_id: spans(101) })).toMatch(/lists 101 ids; at most 100/);
  });
});
