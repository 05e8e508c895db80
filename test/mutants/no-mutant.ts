// Switches off the mutant of the run before: a thread is kept, and tests are collected before the next
// mutant is switched on. A file that failed there would have no test that fails, and the mutant would seem
// to survive.
const { __stryker__: stryker } = globalThis as { __stryker__?: { activeMutant?: string | undefined } };
if (stryker !== undefined) stryker.activeMutant = undefined;
