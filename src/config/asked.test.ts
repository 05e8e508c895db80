import { describe, expect, test } from 'vitest';
import { ASKED, isUnfilled } from './asked.js';
import { OPTIONS, type Option } from './options.js';
import { readConfig } from './read.js';

describe('a placeholder that a client left as it was', () => {
  test.each([
    [`\${user_config.grafana_url}`, true],
    [`\${env:GRAFANA_URL}`, true],
    [`\${input:grafana-token}`, true],
    [`\${GRAFANA_URL}`, true],
    ['$GRAFANA_URL', true],
    ['', false],
    ['https://grafana.example.com', false],
    [`\${OTHER}`, false],
    ['$OTHER', false],
    ['$GRAFANA_URL2', false],
    [`\${user_config.}`, false],
    [`\${user_config.a} `, false],
    [`a\${user_config.a}`, false],
    [`\${user_config.a}\${user_config.b}`, false],
  ])('%j: %s', (value, expected) => {
    expect(isUnfilled(value, 'GRAFANA_URL')).toBe(expected);
  });

  test('counts as a setting that is not set', () => {
    const { stores } = readConfig([], {
      GRAFANA_URL: `\${user_config.grafana_url}`,
      GRAFANA_SERVICE_ACCOUNT_TOKEN: '$GRAFANA_SERVICE_ACCOUNT_TOKEN',
      PYROSCOPE_URL: 'http://127.0.0.1:4040',
      PYROSCOPE_TOKEN: `\${PYROSCOPE_TOKEN}`,
      PROFILES_DIR: `\${input:profiles}`,
    });
    expect(stores).toMatchObject([
      { kind: 'pyroscope', settings: { url: 'http://127.0.0.1:4040', token: null } },
    ]);
  });

  test('opens no server: settings that no client asks for are taken as they stand', () => {
    const variable = OPTIONS.httpTokens.env;
    const value = `\${${variable}}`;
    expect(readConfig([], { [variable]: value }).httpSettings.access.tokens).toEqual([value]);
  });
});

test('only settings with a variable are asked for, and each has a title of its own', () => {
  const asked = Object.entries<Option>(OPTIONS).filter(([name]) => name in ASKED);
  expect(asked.filter(([, { env }]) => env === null)).toEqual([]);
  expect(new Set(Object.values(ASKED)).size).toBe(asked.length);
});
