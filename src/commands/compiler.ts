import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 compile a function, without optimising it, when it is called first. Left alone it interprets a
 * function until that was called often, and a server that answers a few questions an hour never gets further:
 * calls 2 to 20 of `investigate` took 18 % more processor time (bench/README.md). A process that answers
 * one question would only compile more.
 */
export function compileEarly(): void {
  setFlagsFromString('--always-sparkplug');
}
