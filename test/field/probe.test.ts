import { test } from 'vitest';
import { createFilesSource } from '../../src/sources/files/source.js';
import { asker, fixture } from '../support/ask.js';

const INV = {
  from: '2026-09-21T14:13:20Z',
  to: '2026-09-21T14:29:20Z',
  baseline_from: '2026-09-21T13:41:20Z',
  baseline_to: '2026-09-21T14:13:20Z',
};
test('probe', async () => {
  for (const [dir, service, tool, extra] of [
    ['04-names-change-per-build/inv-rust-hash', 'svc', 'investigate', INV],
    ['04-names-change-per-build/inv-node-lines', 'svc', 'investigate', INV],
    ['04-names-change-per-build/rust-deploy-real-regression', 'svc', 'investigate', INV],
    ['08-node-sdk-names/node-sdk-names', 'shop', 'summarize_profile', { profile_type: 'wall' }],
    ['09-whose-code/jvm-native-libs', 'svc', 'summarize_profile', { profile_type: 'cpu' }],
    ['09-whose-code/mangled', 'svc', 'summarize_profile', { profile_type: 'cpu' }],
    ['09-whose-code/mangled-rust', 'svc', 'summarize_profile', { profile_type: 'cpu' }],
    ['09-whose-code/native-unknown-file', 'svc', 'summarize_profile', { profile_type: 'cpu' }],
    ['09-whose-code/node-perf-map', 'svc', 'summarize_profile', { profile_type: 'cpu' }],
    ['09-whose-code/php-names', 'svc', 'summarize_profile', { profile_type: 'cpu' }],
    ['13-generic-instances/go-generics', 'svc', 'summarize_profile', { profile_type: 'cpu' }],
    ['13-generic-instances/inv-generics', 'svc', 'investigate', INV],
    ['21-no-symbols/aslr-pods', 'svc', 'summarize_profile', { profile_type: 'cpu' }],
    ['23-two-profilers/double', 'svc', 'summarize_profile', { profile_type: 'cpu' }],
  ] as const) {
    const source = createFilesSource({ directory: fixture('field', dir), uid: 'f' } as never);
    const { text } = await asker(source)(tool, { service, ...extra });
    console.log('=====', dir, '\n' + text);
    await source.close();
  }
});
