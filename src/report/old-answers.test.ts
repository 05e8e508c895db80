import { expect, test } from 'vitest';
import { oldAnswerNote, withNotes } from './old-answers.js';
import type { Answer } from './render.js';

const MINUTE = 60_000;

test.each([
  [
    false,
    90_000,
    'Which services, types and labels prod has was learned 1.5 min ago; it does not answer now.',
  ],
  [
    false,
    180 * MINUTE,
    'Which services, types and labels prod has was learned 3 h ago; it does not answer now.',
  ],
  [
    true,
    180 * MINUTE,
    'Which services, types and labels prod has was learned 3 h ago; it is being asked again.',
  ],
  [true, 2 * MINUTE, null],
])('answers: %s, %d ms', (hasAnswers, ageMs, note) => {
  expect(oldAnswerNote({ source: 'prod', ageMs, isAnswering: hasAnswers })).toBe(note);
});

test('a name of a source is text from elsewhere', () => {
  const note = oldAnswerNote({ source: 'pr\u001b[31mod\n\u202e', ageMs: MINUTE, isAnswering: false });
  expect(note).toContain('labels prod has');
});

test('notes stand before the calls and links that end an answer, in text and data', () => {
  const answer: Answer = {
    data: { a: 1, notes: ['one'] },
    text: [{ rows: ['head'] }, { rows: ['Next: x {}'] }, { rows: ['Open in Grafana: https://g'] }],
    lists: [],
  };
  const result = withNotes(answer, ['two']);
  expect(result.text.flatMap(({ rows }) => rows)).toEqual([
    'head',
    'Note: two',
    'Next: x {}',
    'Open in Grafana: https://g',
  ]);
  expect(result.data.notes).toEqual(['one', 'two']);
  expect(withNotes({ data: {}, text: [{ rows: ['head'] }], lists: [] }, ['two'])).toEqual({
    data: { notes: ['two'] },
    text: [{ rows: ['head'] }, { rows: ['Note: two'] }],
    lists: [],
  });
  expect(withNotes(answer, [])).toBe(answer);
});
