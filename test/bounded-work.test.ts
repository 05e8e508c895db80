import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RE2JS } from 're2js';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createFilesSource } from '../src/sources/files/source.js';
import { parseSelector } from '../src/sources/selector.js';
import { TOOLS } from '../src/tools/index.js';
import { asker, askerIn, askFiles, createEnvironment, fixture, INCIDENT_WINDOW } from './support/ask.js';
import { createManualTimer } from './support/manual-timer.js';
import { TOOL_CALLS } from './support/tool-arguments.js';

// A call is bounded in what it may cost, whatever it holds: how long, how many, how large.

const SERVICE = { service: 'checkout-api', ...INCIDENT_WINDOW };
const HEAVY = `pod=~"${'a{1000}'.repeat(9)}"`;
const repeated = (text: string, times: number) => Array.from({ length: times }, () => text).join(',');

afterEach(() => void vi.restoreAllMocks());

describe('a selector', () => {
  test.each([
    [
      'one large expression',
      HEAVY,
      'comes to over 3000 steps, more than are taken; the largest is pod=~"a{1000}',
    ],
    [
      'a hundred large expressions',
      repeated(HEAVY, 50),
      'The 50 regular expressions of the selector come to over 3000',
    ],
    [
      'many middling ones',
      repeated('pod=~"a{100}"', 40),
      'The 40 regular expressions of the selector come to over 3000',
    ],
    ['classes without case', 'pod=~"(?i)[Ā-\\\\x{1e900}][Ā-\\\\x{1e900}]"', 'comes to over 3000 steps'],
    ['many conditions', repeated('pod!="a"', 51), 'has 51 conditions; at most 50 are taken.'],
    ['a long text', `pod="${'a'.repeat(20_001)}"`, 'has 20007 characters; at most 20000 are taken.'],
  ])('of %s is refused before anything is compiled', async (_name, selector, reason) => {
    const compile = vi.spyOn(RE2JS, 'compile');
    const ask = askFiles(fixture('demo'));
    for (const [tool, args] of [
      ['list_labels', { ...SERVICE, selector }],
      ['compare_profiles', { ...SERVICE, baseline_selector: selector }],
    ] as const) {
      const { text, isError } = await ask(tool, args);
      expect(isError).toBe(true);
      expect(text).toContain(reason);
      expect(text).toMatch(/\nNext: \S/);
      expect(text.length).toBeLessThan(1_000);
    }
    expect(compile).not.toHaveBeenCalled();
  });

  test('lists some hundred values without any expression', async () => {
    const compile = vi.spyOn(RE2JS, 'compile');
    const pods = Array.from({ length: 800 }, (_, index) => `checkout-api-${index}\\\\.eu`).join('|');
    const { isError } = await askFiles(fixture('demo'))('list_labels', {
      ...SERVICE,
      selector: `pod!~"(${pods})"`,
    });
    expect(isError).toBe(false);
    expect(compile).not.toHaveBeenCalled();
  });

  test.each([
    ['list_labels', {}],
    ['summarize_profile', {}],
    ['get_timeline', {}],
    ['list_labels', { selector: 'pod=~"check.*",region=~"eu.*",version=~"nothing.+"' }],
  ])('is compiled once by %s %j', async (tool, args) => {
    const ask = askFiles(fixture('demo'));
    await ask('list_services', INCIDENT_WINDOW);
    const compile = vi.spyOn(RE2JS, 'compile');
    await ask(tool, { ...SERVICE, selector: 'pod=~"check.*",pod!~"x.+",pod=~".*-.*"', ...args });
    const patterns = compile.mock.calls.map(([pattern]) => pattern);
    expect(patterns).toHaveLength(3);
    expect(new Set(patterns).size).toBe(3);
  });

  test('is forgotten with what it was parsed to', () => {
    const compile = vi.spyOn(RE2JS, 'compile');
    for (let time = 0; time < 3; time++) parseSelector('pod=~"a.*"');
    expect(compile).toHaveBeenCalledTimes(3);
  });
});

describe('the text of an argument', () => {
  test.each(TOOLS.map(({ name }) => name))(
    'of %s that is longer than anything it can mean is refused',
    async (tool) => {
      const ask = askFiles(fixture('demo'));
      const given = TOOL_CALLS[tool]?.arguments ?? {};
      const shape: Readonly<Record<string, unknown>> =
        TOOLS.find(({ name }) => name === tool)?.input.shape ?? {};
      for (const name of Object.keys(shape)) {
        const { text, isError } = await ask(tool, { ...given, [name]: 'a'.repeat(100_000) });
        expect(isError).toBe(true);
        expect(text).toContain(`\`${name}\``);
        expect(text.length).toBeLessThan(1_500);
      }
    },
  );

  test('counts as much where there are very many keys', async () => {
    const args = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, 'a']));
    const { text } = await askFiles(fixture('demo'))('list_labels', args);
    expect(text).toContain('list_labels has no argument "key0".');
  });
});

/** A directory with so many profiles, each of a pod of its own. */
function writeDirectory(pods: number): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'pods-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [file = ''] = readdirSync(fixture('demo', 'profiles')).filter((name) =>
    name.endsWith('process_cpu.pb.gz'),
  );
  copyFileSync(fixture('demo', 'profiles', file), path.join(directory, 'a.pb.gz'));
  const profiles = Array.from({ length: pods }, (_, index) => ({
    file: 'a.pb.gz',
    time: INCIDENT_WINDOW.from,
    type_name: 'process_cpu',
    labels: { service_name: 'checkout-api', pod: `pod-${index}` },
  }));
  writeFileSync(path.join(directory, 'profiles.json'), JSON.stringify({ profiles }));
  return directory;
}

test('a call that compares many values ends at its deadline, and others are served meanwhile', async () => {
  const source = createFilesSource({ directory: writeDirectory(200) });
  expect((await asker(source)('list_labels', { ...SERVICE, label: 'pod' })).text).toContain('pod-1');
  const { testExact } = RE2JS.prototype;
  let comparisons = 0;
  vi.spyOn(RE2JS.prototype, 'testExact').mockImplementation(function (this: RE2JS, value) {
    const until = performance.now() + 10;
    while (performance.now() < until);
    comparisons++;
    return testExact.call(this, value);
  });
  const { timer, advanceTo } = createManualTimer();
  let turns = 0;
  const others = setInterval(() => {
    turns++;
    if (comparisons >= 20) advanceTo(300);
  }, 1);
  onTestFinished(() => clearInterval(others));
  const ask = askerIn({ ...createEnvironment([source]), deadlineMs: 300, timer });
  const { text } = await ask('list_labels', { ...SERVICE, selector: 'pod=~".*0.*"' });
  expect(text).toContain('no answer within 0.3 s');
  expect(comparisons).toBeGreaterThanOrEqual(20);
  const atTheDeadline = comparisons;
  expect(turns).toBeGreaterThan(3);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(comparisons - atTheDeadline).toBeLessThan(10);
  expect(comparisons).toBeLessThan(200);
});
