/** The part of WebAssembly that loads the library; TypeScript declares all of it only for browsers. */
declare namespace WebAssembly {
  type Exports = Readonly<Record<string, unknown>>;
  class Module {
    constructor(binary: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Exports;
  }
}

/** The glue of the library, which ships no types for it. */
declare module 'gecko-profiler-demangle/index_bg.js' {
  /** Shows a mangled name as people write it; needs {@link __wbg_set_wasm} first. */
  export function demangle_any(name: string): string;
  /** Hands over the exports of `index_bg.wasm`. */
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}
