import { describe, expect, test } from 'vitest';
import { createLog, type LogFormat, type LogLevel } from './log.js';
import { withCall, withTrace } from './trace.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function logged(level: LogLevel, format: LogFormat = 'json', secrets: readonly string[] = []) {
  const lines: string[] = [];
  const log = createLog(level, (line) => lines.push(line), { format, secrets: () => secrets });
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('json', () => {
  test('one object a line, with level, time, message and fields', () => {
    const { log, lines, entries } = logged('info');
    log.info('call ended', { tool: 'investigate', ms: 12 });
    log.warn('two\nlines', { list: ['a'] });
    expect(lines.every((line) => /^\{[^\n]*\}\n$/.test(line))).toBe(true);
    expect(entries()).toEqual([
      { level: 'info', time: expect.any(String), msg: 'call ended', tool: 'investigate', ms: 12 },
      { level: 'warn', time: expect.any(String), msg: 'two\nlines', list: ['a'] },
    ]);
    expect(entries()[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('an error shows its type, message, stack and cause', () => {
    const { log, entries } = logged('error');
    log.error('failed', new TypeError('no', { cause: new Error('why') }));
    const err = { type: 'TypeError', message: 'no', stack: expect.stringContaining('log.test') };
    expect(entries()[0]).toMatchObject({ err: { ...err, cause: { type: 'Error', message: 'why' } } });
  });

  test('a line names the call and the trace that it belongs to', () => {
    const { log, entries } = logged('info');
    withTrace({ traceparent: TRACEPARENT }, () => withCall('0badcafe', () => log.info('in')));
    log.info('out');
    expect(entries()[0]).toMatchObject({ call: '0badcafe', trace_id: TRACEPARENT.split('-')[1] });
    expect(Object.keys(entries()[1] ?? {})).toEqual(['level', 'time', 'msg']);
  });
});

test.each(['error', 'warn', 'info', 'debug'] as const)(
  'level %s writes its lines and the graver ones',
  (level) => {
    const { log, entries } = logged(level);
    for (const each of ['debug', 'info', 'warn', 'error'] as const) log[each]('x');
    const all = ['debug', 'info', 'warn', 'error'];
    expect(entries().map((entry) => entry.level)).toEqual(all.slice(all.indexOf(level)));
  },
);

test('text is for people: fields as words, stacks below, no line that another can forge', () => {
  const { log, lines } = logged('info', 'text');
  log.info('call\nended', { tool: 'investigate', note: 'a b\nc' });
  log.error('failed', new Error('why'));
  expect(lines[0]).toMatch(/^\S+Z info call ended tool=investigate note="a b\\nc"\n$/);
  expect(lines[1]).toMatch(/^\S+Z error failed\n {2}Error: why\n {2} +at /);
});

test.each(['json', 'text'] as const)('secrets are in no line of %s, wherever they stood', (format) => {
  const secret = 'pa"ss w/rd';
  const { log, lines } = logged('debug', format, [secret, 'user:pass-word']);
  const deep = { a: [{ b: secret }], [secret]: 1 };
  log.info(`got ${secret}`, deep);
  log.error('failed', new Error(`at ${secret}`, { cause: encodeURIComponent(secret) }), { deep });
  log.debug('basic', { sent: Buffer.from('user:pass-word').toString('base64') });
  log.debug(JSON.stringify({ secret }));
  const text = lines.join('');
  for (const spelling of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
    expect(text).not.toContain(spelling);
    expect(text).not.toContain(JSON.stringify(spelling).slice(1, -1));
  }
  expect(text).not.toContain(Buffer.from('user:pass-word').toString('base64'));
  expect(text.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(8);
});
