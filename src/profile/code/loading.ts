import type { FunctionInfo } from '../model.js';

/** Files whose functions load code, and hardly run once a process is up. */
const LOADING_FILES = combine([
  // Python's import system, frozen into the interpreter.
  /importlib[._\\/]+_bootstrap/,
  // Node's loader of modules.
  /^node:internal\/modules\//,
]);

/** Names of functions that load or compile code, and hardly run once a process is up. */
const LOADING_NAMES = combine([
  // Node's loader, and the body of a module, which V8 calls an anonymous function at its start.
  /(?:^|[.:])Module\.(?:_compile|_load|load|require|_extensions)\b/,
  /(?:^|:)(?:compileFunctionForCJSLoader|wrapSafe)(?::|$)/,
  /^(?:.*:)?\(anonymous:L#1:C#1\)/,
  // The JVM's class loaders, initialisers of classes and compilers.
  /^(?:java[/.]lang[/.]ClassLoader|jdk[/.]internal[/.]loader[/.]\w+)[.#]/,
  /[.#]<clinit>/,
  /^(?:CompileBroker|C1Compiler|C2Compiler|SystemDictionary|ClassFileParser)::/,
  // Go's main goroutine: initialisation of packages and what sets a service up, which then serves on others.
  /^runtime\.(?:main|doInit1?)$/,
  // Ruby's require, and the body of a required file.
  /^(?:Kernel#)?require(?:_relative)?$|^<top \(required\)>$|load_from_binary$/,
]);

/** Makes one pattern of several: each function of a profile is asked. */
function combine(patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'));
}

/** Whether a function loads or compiles code, which processes do as they start. */
export function loadsCode({ name, file }: FunctionInfo): boolean {
  return LOADING_NAMES.test(name) || LOADING_FILES.test(file);
}

/** Lists made before, by functions: each look at the same parts of a profile asks for them. */
const listedBefore = new WeakMap<readonly FunctionInfo[], readonly number[]>();

/** Lists the numbers of the functions that load or compile code. */
export function listLoading(functions: readonly FunctionInfo[]): readonly number[] {
  const known = listedBefore.get(functions);
  if (known !== undefined) return known;
  const listed: number[] = [];
  functions.forEach((info, fn) => {
    if (loadsCode(info)) listed.push(fn);
  });
  listedBefore.set(functions, listed);
  return listed;
}
