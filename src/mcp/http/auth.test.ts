import { describe, expect, test } from 'vitest';
import { UsageError } from '../../errors.js';
import { checkExposure, listNames } from './auth.js';

const NAMED = { port: 8080, hosts: ['mcp.example.com'] };

function refusal(exposure: Partial<Parameters<typeof checkExposure>[0]>): string | null {
  try {
    checkExposure({
      host: '0.0.0.0',
      port: 8080,
      authenticates: false,
      allowUnauthenticated: false,
      hosts: [],
      ...exposure,
    });
    return null;
  } catch (error) {
    if (error instanceof UsageError) return `${error.message}\n${error.next}`;
    throw error;
  }
}

describe('an address', () => {
  test.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('%s is this machine', (host) => {
    expect(refusal({ host })).toBeNull();
  });

  test.each(['0.0.0.0', '::', '10.0.0.7', '2001:db8::1', 'mcp.example.com', 'localhost.example.com'])(
    '%s wants tokens, or to be told that it needs none, and names',
    (host) => {
      expect(refusal({ host })).toMatch(
        /would open the server to the network, and it does not authenticate its callers\.\nSet PYROSCOPE_MCP_HTTP_TOKENS/,
      );
      expect(refusal({ host, ...NAMED })).toContain('does not authenticate its callers');
      for (const wish of [{ authenticates: true }, { allowUnauthenticated: true }]) {
        expect(refusal({ host, ...wish })).toMatch(
          /names under which it is reached\.\nName them with --allowed-hosts/,
        );
        expect(refusal({ host, ...NAMED, ...wish })).toBeNull();
      }
    },
  );
});

test('every address is no name of its own', () => {
  expect(['0.0.0.0', '::', '::0', '10.0.0.7', 'localhost'].map(listNames)).toEqual([
    [],
    [],
    [],
    ['10.0.0.7'],
    ['localhost'],
  ]);
});
