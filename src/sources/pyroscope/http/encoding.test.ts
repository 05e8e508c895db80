import { expect, test } from 'vitest';
import { chooseEncoding } from './encoding.js';

test.each([
  ['http://localhost:4040', 'identity'],
  ['http://127.0.0.1:4040', 'identity'],
  ['http://127.8.9.1', 'identity'],
  ['http://[::1]:4040', 'identity'],
  ['http://Pyroscope:4040', 'identity'],
  ['http://pyroscope-querier.monitoring.svc', 'identity'],
  ['http://pyroscope.monitoring.svc.cluster.local:4040', 'identity'],
  ['http://10.0.0.4:4040', 'gzip'],
  ['http://128.0.0.1', 'gzip'],
  ['http://[2001:db8::1]', 'gzip'],
  ['https://profiles-prod-001.grafana.net', 'gzip'],
  ['https://pyroscope.svc.example.com', 'gzip'],
  ['https://localhost.example.com', 'gzip'],
  ['https://127.0.0.1.example.com', 'gzip'],
])('answers of %s are asked for as %s', (url, encoding) => {
  expect(chooseEncoding(new URL(url).hostname)).toBe(encoding);
});
