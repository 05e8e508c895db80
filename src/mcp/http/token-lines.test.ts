import { describe, expect, test } from 'vitest';
import { SERVER_RIGHTS } from '../../access/identity.js';
import { checkLines, tokensOfFile } from './token-lines.js';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);
const TEAM = { name: 'namespace', op: '=', value: 'team a' };

test('a file has one token a line, with comments and empty lines', () => {
  expect(tokensOfFile(`# of the team\r\n\n  ${A}  \r\n#${B}\n${B}`)).toEqual([
    { line: 3, text: A },
    { line: 5, text: B },
  ]);
  expect(tokensOfFile('')).toEqual([]);
});

describe('a line', () => {
  test.each([
    [A, { name: null, rights: SERVER_RIGHTS }],
    [`${A} name=ci@example.com`, { name: 'ci@example.com', rights: SERVER_RIGHTS }],
    [`${A}\tsources=one,two`, { name: null, rights: { sources: ['one', 'two'], matchers: [] } }],
    [`${A} matchers={namespace="team a"}`, { rights: { sources: null, matchers: [TEAM] } }],
    [
      `${A}  sources=one  name=team matchers={namespace="team a", pod=~"a.*"}`,
      {
        name: 'team',
        rights: { sources: ['one'], matchers: [TEAM, { name: 'pod', op: '=~', value: 'a.*' }] },
      },
    ],
  ])('%s gives its rights', (text, expected) => {
    const { valid, faults } = checkLines(tokensOfFile(text));
    expect(faults).toEqual([]);
    expect(valid).toMatchObject([{ token: A, ...expected }]);
  });

  test.each([
    ['short', 'has 5 characters'],
    [`${A} ${B}`, 'is followed by something'],
    [`${A} rights=all`, 'is followed by something'],
    [`${A} sources=`, 'is followed by something'],
    [`${A} sources=,`, 'has sources that are none'],
    [`${A} sources=a sources=b`, 'two lists'],
    [`${A} name=a name=b`, 'or two'],
    [`${A} name=a"b`, 'has a name that is none'],
    [`${A} matchers={}`, 'without a condition'],
    [`${A} matchers={namespace=team}`, 'cannot be read'],
    [`${A} matchers={namespace="a"} sources=one`, 'cannot be read'],
  ])('%s gives nothing', (text, fault) => {
    const { valid, faults } = checkLines(tokensOfFile(`${text}\n${B}`));
    expect(valid.map(({ token }) => token)).toEqual([B]);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ line: 1 });
    expect(faults[0]?.fault).toContain(fault);
    expect(faults[0]?.fault).not.toContain('aaaa');
  });

  test('for a token that another line gives more to gives nothing', () => {
    for (const lines of [
      [A, `${A} sources=one`],
      [`${A} sources=one`, `${A} sources=two`],
      [A, `${A} sources=`],
    ]) {
      const { valid, faults } = checkLines(tokensOfFile([...lines, B].join('\n')));
      expect(valid.map(({ token }) => token)).toEqual([B]);
      expect(faults.length).toBeGreaterThan(0);
    }
    expect(checkLines(tokensOfFile(`${A}\n${A}`)).faults).toEqual([]);
  });
});
