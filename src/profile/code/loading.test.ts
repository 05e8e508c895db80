import { expect, test } from 'vitest';
import type { FunctionInfo } from '../model.js';
import { listLoading, loadsCode } from './loading.js';

test.each([
  ['_find_and_load', '<frozen importlib._bootstrap>', true],
  ['SourceLoader.get_code', '<frozen importlib._bootstrap_external>', true],
  ['exec_module', '/usr/lib/python3.12/importlib/_bootstrap_external.py', true],
  ['<module>', '/srv/app.py', false],
  ['import_module', '/usr/lib/python3.12/importlib/__init__.py', false],
  ['Module._compile', 'node:internal/modules/cjs/loader', true],
  ['loader:Module._load:1104', 'node:internal/modules/cjs/loader', true],
  ['wrapSafe', 'cjs/loader', true],
  ['compileFunctionForCJSLoader', '', true],
  ['./server.js:(anonymous:L#1:C#1):1', '/app/server.js', true],
  ['./server.js:(anonymous:L#12:C#1):12', '/app/server.js', false],
  ['Module.compileTemplate', '/app/template.js', false],
  ['java/lang/ClassLoader.loadClass', 'ClassLoader.java', true],
  ['jdk.internal.loader.BuiltinClassLoader.loadClass', '', true],
  ['com/shop/Prices.<clinit>', 'Prices.java', true],
  ['C2Compiler::compile_method', '', true],
  ['com/shop/ClassLoader.loadClass', 'ClassLoader.java', false],
  ['runtime.main', 'runtime/proc.go', true],
  ['runtime.doInit1', 'runtime/proc.go', true],
  ['main.main', 'main.go', false],
  ['Kernel#require', '', true],
  ['require_login', 'app.rb', false],
])('%s in %s: %s', (name, file, expected) => {
  expect(loadsCode({ name, file, startLine: 0, isSymbolised: true })).toBe(expected);
});

test('the functions that load code are listed by number, once more as well', () => {
  const functions = ['main.serve', 'runtime.main', 'main.poll', 'runtime.doInit1'].map(
    (name): FunctionInfo => ({ name, file: '', startLine: 0, isSymbolised: true }),
  );
  expect(listLoading(functions)).toEqual([1, 3]);
  expect(listLoading(functions)).toEqual([1, 3]);
  expect(listLoading(functions.slice(0, 1))).toEqual([]);
});
