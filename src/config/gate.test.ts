import { expect, test } from 'vitest';
import { UsageError } from '../errors.js';
import { readConfig } from './read.js';

const gate = (...argv: string[]) => readConfig(['gate', '--service', 'shop', ...argv], {}).gate;

test('without options the defaults hold', () => {
  expect(gate()).toEqual({
    service: 'shop',
    source: null,
    selector: null,
    from: 'now-30m',
    to: null,
    baselineFrom: null,
    baselineTo: null,
    versions: null,
    baselineSelector: null,
    failOn: ['regression', 'leak', 'contention'],
    minShare: 0.02,
    waitMs: 0,
    format: 'text',
  });
});

test('--version names a version of the gate and asks for ours everywhere else', () => {
  expect(gate('--version', 'v2', '--baseline-version', 'v1')?.versions).toEqual({
    after: 'v2',
    before: 'v1',
  });
  expect(readConfig(['--version'], {})).toMatchObject({ version: true, gate: null });
  expect(readConfig(['gate', '--help'], {})).toMatchObject({ help: true, gate: null });
});

test.each<[string[], Partial<NonNullable<ReturnType<typeof gate>>>]>([
  [['--fail-on', 'leak'], { failOn: ['leak'] }],
  [['--fail-on', 'load,regression', '--fail-on', 'leak'], { failOn: ['regression', 'leak', 'load'] }],
  [['--min-share', '7.5'], { minShare: 0.075 }],
  [['--wait', '1h30m'], { waitMs: 5_400_000 }],
  [['--format', 'junit'], { format: 'junit' }],
  [
    ['--selector', '{env="prod"}', '--baseline-selector', '{env="stage"}'],
    { baselineSelector: '{env="stage"}' },
  ],
])('%j', (argv, settings) => {
  expect(gate(...argv)).toMatchObject(settings);
});

test.each<[string[], string]>([
  [['gate'], 'gate needs --service.'],
  [['gate', 'shop'], 'gate does not take "shop".'],
  [['gate', '--service', 'shop', '--version', 'v2'], 'gate was given --version alone.'],
  [['gate', '--service', 'shop', '--baseline-version', 'v1'], 'gate was given --baseline-version alone.'],
  [
    ['gate', '--service', 'a', '--version', '2', '--baseline-version', '1', '--baseline-selector', 'a="b"'],
    '--baseline-version and --baseline-selector both name the other side.',
  ],
  [['gate', '--service', 'shop', '--fail-on', 'moved'], '--fail-on "moved" is not valid.'],
  [['gate', '--service', 'shop', '--fail-on', ','], '--fail-on "" is not valid.'],
  [['gate', '--service', 'shop', '--min-share', '0'], '--min-share "0" is not a number of points'],
  [['gate', '--service', 'shop', '--min-share', 'two'], '--min-share "two" is not a number of points'],
  [['gate', '--service', 'shop', '--wait', '10'], '--wait "10" is not a duration'],
  [['gate', '--service', 'shop', '--wait', '30h'], '--wait "30h" is not a duration of at most a day'],
  [['gate', '--service', 'shop', '--format', 'xml'], '--format "xml" is not valid.'],
  [['call', 'investigate', '--fail-on', 'leak'], "Unknown option '--fail-on'"],
  [['call', 'investigate', '--format', 'junit'], '--format "junit" is not valid.'],
])('%j is refused', (argv, message) => {
  expect(() => readConfig(argv, {})).toThrow(UsageError);
  expect(() => readConfig(argv, {})).toThrow(message);
});
