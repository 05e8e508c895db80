import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createLog } from '../../telemetry/log.js';
import { openTokenFile } from './token-file.js';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);

function folder(): string {
  return mkdtempSync(path.join(tmpdir(), 'tokens-'));
}

async function opened(text: string) {
  const file = path.join(folder(), 'tokens');
  writeFileSync(file, text);
  const lines: string[] = [];
  const tokens = await openTokenFile(
    file,
    createLog('debug', (line) => lines.push(line)),
  );
  const lets = async (token: string) => (await tokens.current()).clientOf(token) !== null;
  return { file, lines, lets };
}

describe('at the start', () => {
  test.each([
    ['', 'holds no token'],
    ['# only a comment\n', 'holds no token'],
    ['short', 'The token in line 1 of the token file has 5 characters, and at least 32 are needed.'],
    [`# a\n${A}\n${A} ${B}\n`, 'The token in line 3 of the token file has characters that cannot be sent'],
  ])('%j is refused', async (text, message) => {
    await expect(opened(text)).rejects.toThrow(message);
  });

  test('a file that is not there is refused', async () => {
    const wanted = openTokenFile(
      path.join(folder(), 'nope'),
      createLog('error', () => {}),
    );
    await expect(wanted).rejects.toThrow('cannot be read (ENOENT)');
  });
});

describe('while the server runs', () => {
  test('a token counts from when it is added to when it is taken out', async () => {
    const { file, lines, lets } = await opened(`# old\n${A}\n`);
    expect([await lets(A), await lets(B)]).toEqual([true, false]);
    writeFileSync(file, `${A}\n${B}\n`);
    expect([await lets(A), await lets(B)]).toEqual([true, true]);
    writeFileSync(file, `${B}\n`);
    expect([await lets(A), await lets(B)]).toEqual([false, true]);
    expect(lines.join('')).not.toMatch(/aaaa|bbbb/);
  });

  test('a rewrite of the same length counts', async () => {
    const { file, lets } = await opened(A);
    writeFileSync(file, B);
    expect([await lets(A), await lets(B)]).toEqual([false, true]);
  });

  test('another file in its place counts, as where Kubernetes swaps a link', async () => {
    const directory = folder();
    writeFileSync(path.join(directory, 'one'), A);
    writeFileSync(path.join(directory, 'two'), B);
    const link = path.join(directory, 'tokens');
    symlinkSync('one', link);
    const tokens = await openTokenFile(
      link,
      createLog('error', () => {}),
    );
    symlinkSync('two', `${link}.new`);
    renameSync(`${link}.new`, link);
    const set = await tokens.current();
    expect([set.clientOf(A), set.clientOf(B) === null]).toEqual([null, false]);
  });

  test('one that is gone or empty lets nobody in until it is back, and says so once', async () => {
    const { file, lines, lets } = await opened(A);
    rmSync(file);
    expect([await lets(A), await lets(A)]).toEqual([false, false]);
    expect(lines.filter((line) => line.includes('nobody is let in (failed: ENOENT)'))).toHaveLength(1);
    writeFileSync(file, '# none\n');
    expect([await lets(A), await lets('')]).toEqual([false, false]);
    expect(lines.filter((line) => line.includes('holds no token, nobody is let in'))).toHaveLength(1);
    writeFileSync(file, A);
    expect(await lets(A)).toBe(true);
  });

  test('a weak token that is added later is left out, the others stay', async () => {
    const { file, lines, lets } = await opened(A);
    writeFileSync(file, `${A}\nhunter2\n`);
    expect([await lets(A), await lets('hunter2')]).toEqual([true, false]);
    expect(lines.join('')).toContain(
      'the token in line 2 of the token file is left out: it has 7 characters',
    );
    expect(lines.join('')).not.toContain('hunter2');
  });

  test('many who ask at once read it once', async () => {
    const { file, lines, lets } = await opened(A);
    writeFileSync(file, B);
    expect(await Promise.all(Array.from({ length: 20 }, () => lets(B)))).toEqual(Array(20).fill(true));
    expect(lines.filter((line) => line.includes('has changed'))).toHaveLength(1);
  });
});
