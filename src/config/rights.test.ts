import { describe, expect, test } from 'vitest';
import { UsageError } from '../errors.js';
import { readConfig } from './read.js';

const GRAFANA = ['--grafana-url', 'https://grafana.example.com'];
const CALLERS = [...GRAFANA, '--caller-credentials', 'required'];

describe('headers that are forwarded', () => {
  test.each(['cookie', 'X-Id-Token', 'X-JWT-Assertion', 'X-Grafana-Id', 'X-Access-Token'])(
    '%s may be',
    (name) => {
      const { callers } = readConfig([...CALLERS, '--forward-headers', name], {}).rights;
      expect(callers?.forwardHeaders).toEqual([name.toLowerCase()]);
    },
  );

  test.each([
    ['Authorization', 'token for this server'],
    ['Proxy-Authorization', 'connection'],
    ['Connection', 'connection'],
    ['Keep-Alive', 'connection'],
    ['TE', 'connection'],
    ['Transfer-Encoding', 'connection'],
    ['Upgrade', 'connection'],
    ['Host', 'names this server'],
    ['Content-Length', 'message'],
    ['Accept', 'message'],
    ['Mcp-Session-Id', 'protocol'],
    ['X-Grafana-URL', 'never comes from a request'],
    ['X-Grafana-Org-Id', '--caller-credentials'],
    ['X-DS-Authorization', 'Pyroscope'],
    ['X-Scope-OrgID', 'tenants'],
    ['X-WEBAUTH-USER', 'without a proof'],
    ['X-Forwarded-User', 'without a proof'],
    ['X-Forwarded-For', 'without a proof'],
    ['X-Auth-Request-Email', 'without a proof'],
  ])('%s may not be', (name, reason) => {
    const read = () => readConfig([...CALLERS, '--forward-headers', `cookie,${name}`], {});
    expect(read).toThrow(UsageError);
    expect(read).toThrow(new RegExp(`${name.toLowerCase()}: .*${reason}`, 'i'));
  });

  test.each(['a b', 'x:y', 'x-é'])('%s is no name', (name) => {
    expect(() => readConfig([...CALLERS, '--forward-headers', name], {})).toThrow('not the name of a header');
  });
});

test('forwarded headers want --caller-credentials', () => {
  expect(() => readConfig(['--forward-headers', 'cookie'], {})).toThrow('--caller-credentials is not set');
});

test('headers of a gateway also serve callers who sign in', () => {
  expect(readConfig(['--gateway-headers', 'X-Gate'], {}).rights.gatewayHeaders).toEqual(['x-gate']);
});

test('a mode that does not exist is refused', () => {
  const read = () => readConfig([...GRAFANA, '--caller-credentials', 'yes'], {});
  expect(read).toThrow('"yes" is not valid');
});

test('credentials of callers want a Grafana', () => {
  expect(() => readConfig(['--caller-credentials', 'required'], {})).toThrow('one Grafana, and none is');
});
