import { expect, test } from 'vitest';
import { namedAsStarted } from './program.js';

test.each([
  ['by its name on the path', {}, 'pyroscope-mcp'],
  [
    'by npx, of a registry or of a folder',
    { npm_lifecycle_event: 'npx', npm_lifecycle_script: "'pyroscope-mcp' 'sources'" },
    'npx -y pyroscope-mcp',
  ],
  [
    'by npx of an older npm, without quotes',
    { npm_lifecycle_event: 'npx', npm_lifecycle_script: 'pyroscope-mcp sources' },
    'npx -y pyroscope-mcp',
  ],
  [
    'by another program that npx runs',
    { npm_lifecycle_event: 'npx', npm_lifecycle_script: "'vitest' 'run'" },
    'pyroscope-mcp',
  ],
  [
    'by `npm run demo` in a clone, where npx finds it',
    { npm_lifecycle_event: 'demo', npm_package_name: 'pyroscope-mcp' },
    'npx -y pyroscope-mcp',
  ],
  [
    'by a script of that name elsewhere',
    { npm_lifecycle_event: 'demo', npm_package_name: 'shop' },
    'pyroscope-mcp',
  ],
  [
    'by the tests of a clone',
    { npm_lifecycle_event: 'test', npm_package_name: 'pyroscope-mcp' },
    'pyroscope-mcp',
  ],
])('a program that is started %s', (_how, environment, name) => {
  expect(namedAsStarted(environment)).toBe(name);
});
