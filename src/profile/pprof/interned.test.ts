import { expect, test } from 'vitest';
import type { FunctionInfo } from '../model.js';
import { ProfileBuilder } from './builder.js';

const serve: FunctionInfo = { name: 'main.serve', file: 'main.go', startLine: 7, isSymbolised: true };

/** The function of a profile that holds nothing else. */
function build(info: FunctionInfo): FunctionInfo | undefined {
  const builder = new ProfileBuilder('cpu', 'nanoseconds');
  builder.pushFrames(Uint32Array.of(builder.frameId(builder.functionId(info), 9)), 0, 1);
  builder.endStack(1);
  return builder.build().functions[0];
}

test('equal functions of two profiles are one object', () => {
  const first = build({ ...serve });
  expect(first).toEqual(serve);
  expect(build({ ...serve })).toBe(first);
});

test.each<Partial<FunctionInfo>>([
  { name: 'main.Serve' },
  { file: 'serve.go' },
  { startLine: 8 },
  { isSymbolised: false },
  { binary: '/bin/shop' },
])('a function that differs is another: %j', (differing) => {
  const first = build({ ...serve });
  const other = build({ ...serve, ...differing });
  expect(other).not.toBe(first);
  expect(other).toEqual({ ...serve, ...differing });
  expect(build({ ...serve })).toEqual(serve);
});

test('a name of great length is not kept', () => {
  const long = { ...serve, name: 'f'.repeat(2_000) };
  expect(build({ ...long })).not.toBe(build({ ...long }));
});
