import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** Lines that the script prints about a report; without one, about a file that is not there. */
function count(report: object | null): string[] {
  const directory = mkdtempSync(path.join(tmpdir(), 'count-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'report.json');
  if (report !== null) writeFileSync(file, JSON.stringify(report));
  const { stdout } = spawnSync(process.execPath, ['scripts/count-tests.mjs', file], { encoding: 'utf8' });
  return stdout.trimEnd().split('\n');
}

const suite = (name: string, ...assertionResults: object[]) => ({
  name: path.resolve(name),
  status: assertionResults.length > 0 ? 'passed' : 'failed',
  assertionResults,
});

test('what failed in a run is told by file and name, a file that did not load among it', () => {
  const testResults = [
    suite(
      'src/a.test.ts',
      { status: 'passed', fullName: 'adds' },
      { status: 'failed', fullName: 'sums divides by 0' },
    ),
    suite('src/b.test.ts'),
  ];
  expect(count({ numPassedTests: 1, numFailedTests: 1, testResults })).toEqual([
    '1 2',
    'src/b.test.ts: did not load',
    'src/a.test.ts: sums divides by 0',
  ]);
});

test('the beginning of a failure is told, on one line', () => {
  const message = `Property failed\n{ seed: 7 }\nCounterexample: ["q",200086]\n${'at a line\n'.repeat(99)}`;
  const testResults = [
    suite('src/a.test.ts', { status: 'failed', fullName: 'agrees', failureMessages: [message] }),
  ];
  const [, line] = count({ numPassedTests: 0, numFailedTests: 1, testResults });
  expect(line).toContain(
    'src/a.test.ts: agrees: Property failed { seed: 7 } Counterexample: ["q",200086] at a',
  );
  expect(line?.length).toBeLessThan(450);
});

test('a run without failures has its numbers alone', () => {
  const testResults = [suite('src/a.test.ts', { status: 'passed', fullName: 'adds' })];
  expect(count({ numPassedTests: 1, numFailedTests: 0, testResults })).toEqual(['1 0']);
});

test('a run without a report failed', () => {
  const [numbers, name] = count(null);
  expect(numbers).toBe('0 1');
  expect(name).toContain('no report: ENOENT');
});
