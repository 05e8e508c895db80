import type { FunctionInfo } from '../model.js';

/** Stands for the stack of samples without one: they count in the total, as in `go tool pprof`. */
export const NO_STACK: FunctionInfo = { name: '[no stack]', file: '', startLine: 0, isSymbolised: false };
