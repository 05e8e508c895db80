import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../errors.js';
import { grafanaAddress, isOwnMachine, publicAddress } from './address.js';

describe('grafanaAddress', () => {
  test.each([
    ['https://grafana.example.com', 'https://grafana.example.com'],
    [' https://grafana.example.com/ ', 'https://grafana.example.com'],
    ['grafana.example.com', 'https://grafana.example.com'],
    ['grafana.example.com:3000/grafana//', 'https://grafana.example.com:3000/grafana'],
    ['localhost:3000', 'http://localhost:3000'],
    ['127.0.0.1:3000/grafana', 'http://127.0.0.1:3000/grafana'],
    ['[::1]:3000', 'http://[::1]:3000'],
    ['localhost.example.com', 'https://localhost.example.com'],
    ['https://team.grafana.net/?orgId=1', 'https://team.grafana.net'],
    ['https://host/grafana/d/abc/checkout?from=now-1h', 'https://host/grafana'],
    ['https://host/explore?panes=%7B%7D', 'https://host'],
    ['https://host/a/grafana-pyroscope-app/explore', 'https://host'],
    ['https://host/grafana/connections/datasources/edit/x', 'https://host/grafana'],
    ['https://host/grafana/login', 'https://host/grafana'],
    ['https://host/api/datasources/proxy/uid/abc', 'https://host'],
    ['https://host/login-portal', 'https://host/login-portal'],
    ['https://host/data', 'https://host/data'],
  ])('%s is %s', (text, address) => {
    expect(grafanaAddress(text)).toBe(address);
    expect(grafanaAddress(address)).toBe(address);
  });

  test.each(['', 'ftp://host', 'http://', 'a b', 'https://user:hunter2@host', 'user:hunter2@host'])(
    'refuses %j and shows no secret',
    (text) => {
      let shown = '';
      try {
        grafanaAddress(text);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        shown = `${error.message} ${error.next}`;
      }
      expect(shown).toMatch(/^GRAFANA_URL /);
      expect(shown).not.toContain('hunter2');
    },
  );

  test('any text is an address or refused, and an address stays what it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.webPath()), (text) => {
        try {
          const address = grafanaAddress(text);
          expect(grafanaAddress(address)).toBe(address);
          expect(address).not.toMatch(/[?#]|\/$/);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test.each([
  ['http://127.0.0.1:3001/grafana/', 'http://127.0.0.1:3001/grafana'],
  ['https://grafana.example.com/', 'https://grafana.example.com'],
  ['javascript:alert(1)', null],
  ['https://user:pass@host/', null],
  ['/grafana', null],
  [undefined, null],
])('the public address %s is %s', (appUrl, address) => {
  expect(publicAddress(appUrl)).toBe(address);
});

test.each([
  ['http://localhost:3000', true],
  ['http://127.0.0.1:3001/grafana', true],
  ['http://0.0.0.0:3000', true],
  ['http://[::1]:3000', true],
  ['http://[::]:3000', true],
  ['https://grafana.example.com', false],
  ['http://grafana:3000', false],
  ['http://10.0.0.7:3000', false],
  ['https://localhost.example.com', false],
])('whether %s leads to the reader own machine: %s', (address, isOwn) => {
  expect(isOwnMachine(address)).toBe(isOwn);
});
