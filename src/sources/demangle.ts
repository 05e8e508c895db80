import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as glue from 'gecko-profiler-demangle/index_bg.js';
import type { CleanName } from './echoes.js';

/** Prefixes of mangled C++ (Itanium) and Rust names, with one more underscore on macOS. */
const MANGLED = /^_{1,3}(?:Z|R(?=[A-Z]))/;
/** Back-references of both schemes: each repeats an earlier part of the name. */
const BACK_REFERENCES = /[ST][0-9A-Z]*_|B[0-9A-Za-z]*_/g;
/**
 * Maximum length of a demangled name. Nested back-references grow fastest with three to a level, so a name of
 * n characters with r of them has at most some n · 3^(r/3) characters.
 */
const MAX_EXPANSION = 2_000_000;
/** Maximum number of characters of demangled names in a profile, so that it does not block other calls. */
const MAX_CHARACTERS = 8_000_000;

let isLoaded = false;

/**
 * Makes the function that shows the mangled names of one profile as people write them: `_ZN4acme3runEv` as
 * `acme::run()`. Names that cannot be read stay as they are.
 */
export function nameDemangler(): CleanName {
  let charactersLeft = MAX_CHARACTERS;
  return (name) => {
    if (!MANGLED.test(name) || charactersLeft <= 0 || measureExpansion(name) > MAX_EXPANSION) return name;
    if (!isLoaded) load();
    const demangled = glue.demangle_any(name);
    charactersLeft -= demangled.length;
    // The library removes the underscores of names that it cannot read.
    return name.endsWith(demangled) ? name : demangled;
  };
}

function measureExpansion(name: string): number {
  const references = name.match(BACK_REFERENCES)?.length ?? 0;
  return name.length * 3 ** (references / 3);
}

/**
 * Loads the library's WebAssembly with the first mangled name, and by hand: Node 20 cannot import such a
 * module.
 */
function load(): void {
  const binary = readFileSync(
    createRequire(import.meta.url).resolve('gecko-profiler-demangle/index_bg.wasm'),
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {
    './index_bg.js': { ...glue },
  });
  glue.__wbg_set_wasm(exports);
  isLoaded = true;
}
