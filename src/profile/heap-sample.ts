/**
 * Bytes between two sampled allocations: the default of Go (`runtime.MemProfileRate`), of V8 in the Pyroscope
 * SDK (`samplingIntervalBytes`) and of jemalloc (`lg_prof_sample`); the agents of the JVM lie near it. One
 * sampled object stands for so many bytes, for as long as it is held.
 */
export const HEAP_SAMPLE_BYTES = 512 * 1024;
