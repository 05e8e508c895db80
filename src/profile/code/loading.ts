import type { FunctionInfo } from '../model.js';

/** Functions of a name, or in a file, that load or compile code, and hardly run once a process is up. */
interface Loader {
  name?: RegExp;
  file?: RegExp;
}

const LOADERS: readonly Loader[] = [
  // Python's import system, frozen into the interpreter.
  { file: /importlib[._\\/]+_bootstrap/ },
  // Node's loader of modules, and the body of a module, which V8 calls an anonymous function at its start.
  { file: /^node:internal\/modules\// },
  { name: /(?:^|[.:])Module\.(?:_compile|_load|load|require|_extensions)\b/ },
  { name: /(?:^|:)(?:compileFunctionForCJSLoader|wrapSafe)(?::|$)/ },
  { name: /^(?:.*:)?\(anonymous:L#1:C#1\)/ },
  // The JVM's class loaders, initialisers of classes and compilers.
  { name: /^(?:java[/.]lang[/.]ClassLoader|jdk[/.]internal[/.]loader[/.]\w+)[.#]/ },
  { name: /[.#]<clinit>/ },
  { name: /^(?:CompileBroker|C1Compiler|C2Compiler|SystemDictionary|ClassFileParser)::/ },
  // Go's main goroutine: initialisation of packages and what sets a service up, which then serves on others.
  { name: /^runtime\.(?:main|doInit1?)$/ },
  // Ruby's require, and the body of a required file.
  { name: /^(?:Kernel#)?require(?:_relative)?$|^<top \(required\)>$|load_from_binary$/ },
];

/** Whether a function loads or compiles code, which processes do as they start. */
export function loadsCode({ name, file }: FunctionInfo): boolean {
  return LOADERS.some((loader) => loader.name?.test(name) === true || loader.file?.test(file) === true);
}
