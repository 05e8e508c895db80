import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../src/config/options.js';
import { TOOLS } from '../../src/tools/index.js';
import { PACKAGE } from '../../src/version.js';
import { INCIDENT_WINDOW } from '../support/ask.js';
import { DEMO, MAIN, run, start } from '../support/process.js';

// The built program on the command line: output, stderr and exit codes.

const TOOL_NAMES = TOOLS.map(({ name }) => name).join(', ');
const INCIDENT = JSON.stringify({ service: 'checkout-api', ...INCIDENT_WINDOW });

test('--help names every command, option and environment variable', async () => {
  const { code, stdout, stderr } = await run(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const command of ['call', 'sources', 'doctor', 'demo', '--http']) expect(stdout).toContain(command);
  for (const { flag, env } of Object.values(OPTIONS)) {
    expect(stdout).toContain(`--${flag}`);
    if (env !== null) expect(stdout).toContain(env);
  }
});

test('--version prints the version and nothing else', async () => {
  expect(await run(['--version'])).toEqual({
    code: 0,
    signal: null,
    stdout: `${PACKAGE.version}\n`,
    stderr: '',
  });
});

describe('a mistake on the command line is exit code 2 and one line on stderr', () => {
  test.each([
    [['nonsense'], 'there is no command "nonsense"'],
    [['investigate'], 'there is no command "investigate". It is a tool: `pyroscope-mcp call investigate '],
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['--profiles'], '--profiles'],
    [['--log-level', 'loud'], '--log-level "loud" is not valid. Use one of: error, warn, info, debug.'],
    [['--http', 'nowhere:'], '--http "nowhere:" is not [HOST:]PORT.'],
    [['--http', '99999'], '--http "99999" is not [HOST:]PORT.'],
    [['--call-timeout', '-1'], "Option '--call-timeout' argument is ambiguous. See"],
    [['--call-timeout=-1'], '--call-timeout "-1" is not a positive number. Default: 45.'],
    [['--http', '0', '--allowed-hosts', '*.example'], '"*.example" is not a host name.'],
    [['call'], `call needs the name of a tool. Tools: ${TOOL_NAMES}`],
    [['call', 'nope'], `There is no tool "nope". Tools: ${TOOL_NAMES}`],
    [['call', 'list_services', '{'], 'The arguments "{" are not a JSON object.'],
    [['call', 'list_services', '[]'], 'The arguments "[]" are not a JSON object.'],
    [['call', 'list_services', '--format', 'yaml'], '--format "yaml" is not valid. Use one of: text, json.'],
    [
      ['call', 'list_services', '{}', 'x'],
      'call does not take "x". Its arguments are one JSON object, in quotes',
    ],
    [['call', 'investigate', '{service:a,', 'to:now}'], 'call does not take "to:now}".'],
    [['demo', 'x'], 'demo does not take "x".'],
    [['doctor', 'x'], 'doctor does not take "x".'],
    [['sources', 'nonsense'], 'sources nonsense'],
    [['--pyroscope-url', 'localhost:4040'], 'PYROSCOPE_URL "localhost:4040" is not an http(s) URL.'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^pyroscope-mcp: .+\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('in the environment too', async () => {
    const { code, stderr } = await run([], { env: { PYROSCOPE_MCP_LOG_LEVEL: 'loud' } });
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"loud" is not valid'),
    });
  });
});

describe('call', () => {
  test('prints the answer that a client gets', async () => {
    const { code, stdout, stderr } = await run(['call', 'summarize_profile', INCIDENT, '--profiles', DEMO]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^checkout-api: cpu /);
    expect(stdout).toContain('northwind.dev/checkout/coupon.loadPattern');
  });

  test('takes the directory from the environment; --format json prints JSON', async () => {
    const { code, stdout } = await run(['call', 'summarize_profile', INCIDENT, '--format', 'json'], {
      env: { PROFILES_DIR: DEMO },
    });
    expect(code).toBe(0);
    const { scope, hottest_path } = JSON.parse(stdout);
    expect(scope).toMatchObject({ source: 'demo', service: 'checkout-api' });
    expect(hottest_path.frames.length).toBeGreaterThan(0);
  });

  test.each([
    ['bad arguments', ['{"nope":1}', '--profiles', DEMO], 'has no argument "nope"'],
    ['no source', ['{}'], 'No data source is configured.'],
    [
      'a directory that is not there',
      ['{}', '--profiles', 'no-such-directory'],
      '"no-such-directory" cannot be read',
    ],
    ['a server that is not there', ['{}', '--pyroscope-url', 'http://127.0.0.1:9'], 'cannot be reached'],
  ])('%s: exit code 1, the answer on stderr', async (_name, args, message) => {
    const { code, stdout, stderr } = await run(['call', 'summarize_profile', ...args]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('\nNext: ');
    expect(stderr).not.toMatch(/\n\s+at |\.js:\d/);
  });

  test('a reader that goes away is no failure', async () => {
    const program = start(['call', 'summarize_profile', INCIDENT, '--profiles', DEMO]);
    program.child.stdout.destroy();
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stderr()).toBe('');
  });
});

describe('sources', () => {
  test('lists them, the default first', async () => {
    const { code, stdout } = await run([
      'sources',
      '--profiles',
      DEMO,
      '--pyroscope-url',
      'http://127.0.0.1:9',
    ]);
    expect(code).toBe(0);
    const [first, second, ...rest] = stdout.trimEnd().split('\n');
    expect(first).toMatch(/^pyroscope .*enabled.*default/);
    expect(second).toMatch(/^demo .*files.*enabled/);
    expect(rest).toEqual([]);
  });

  test('a Grafana that is not there: what the operator does, who reads it', async () => {
    const { code, stdout, stderr } = await run(['sources'], { env: { GRAFANA_URL: 'http://127.0.0.1:9' } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Grafana cannot be reached: .*\nNext: Check GRAFANA_URL, /);
  });

  test('none is exit code 1 and says how to name one', async () => {
    const { code, stderr } = await run(['sources']);
    expect(code).toBe(1);
    expect(stderr).toContain('PYROSCOPE_URL');
  });
});

describe('demo', () => {
  test('tells the incident and finds its cause, the same each time, without a path of this machine', async () => {
    const [first, second] = await Promise.all([
      run(['demo']),
      run(['demo'], { env: { PROFILES_DIR: 'elsewhere' } }),
    ]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(second).toEqual(first);
    const { stdout } = first;
    expect(stdout).toMatch(/14:30 UTC.*same request rate/);
    expect(stdout.match(/^> \w+ \{.*\}$/gm)).toHaveLength(2);
    expect(stdout).toMatch(/^Finding: .*northwind\.dev\/checkout\/coupon\.loadPattern/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^Next, .*GRAFANA_URL.*PYROSCOPE_URL.*PROFILES_DIR.*`pyroscope-mcp doctor`/,
    );
    expect(stdout).not.toContain(MAIN.replace(/bundle.main\.js$/, ''));
  });
});
