/** How the values of a type behave, and so how an investigation reads them. */
export type Nature =
  /** Time in which code runs or stands: shares of it are what functions cost. */
  | 'time'
  /** Something that adds up: bytes allocated, exceptions thrown. */
  | 'amount'
  /** A state at one moment: a merge of several adds up snapshots. */
  | 'level'
  /** Time that was lost in waiting for others. */
  | 'wait';

/** What a unit measures. */
export type Dimension = 'time' | 'bytes' | 'count';

/** A kind of profile that an agent, a collector or a converter sends. */
export interface TypeRow {
  /** Short name for arguments and headlines. Several rows may share it: the same thing under different names. */
  alias: string;
  nature: Nature;
  dimension: Dimension;
  /** First part of the id, the preferred one first. A name that is not listed is another type. */
  names: readonly string[];
  /** Second part of the id. */
  sampleTypes: readonly string[];
  /** Period types (fourth part of the id) that the row demands; without it any. */
  periods?: readonly string[];
  /** The row needs another type with the same name and this sample type to be there as well. */
  beside?: string;
  meaning: string;
  /** Plural noun for what a count counts. */
  noun?: string;
  /** Whether waiting threads are part of it and set apart. */
  wallClock?: true;
  /** Alias of the type whose samples or events this one counts. */
  countsOf?: string;
  /** Who sends it, and where that is written down. */
  source: string;
}

const GO = 'Go `runtime/pprof`';
const JFR = 'grafana/jfr-parser `pprof/pprof.go`';
const DOTNET = 'grafana/pyroscope-dotnet `SampleValueTypeProvider.cpp`';
const INGEST = 'grafana/pyroscope `pkg/ingester/pyroscope/ingest_adapter.go`';
const OTLP = 'grafana/pyroscope `pkg/ingester/otlp/convert.go`';
const NODE = 'DataDog/pprof-nodejs `ts/src/profile-serializer.ts`';
const RUST = 'grafana/pyroscope-rs `src/encode/pprof.rs`';

/** The empty name is what Pyroscope gives to OpenTelemetry profiles without a period type. */
const CPU_NAMES = ['process_cpu', 'cpu', 'profile', 'itimer', 'on_cpu', ''];
const WALL_NAMES = ['wall', 'process_cpu', 'cpu', 'profile', ''];
/** Older .NET agents put all of their types into one profile, which is named after its time. */
const MEMORY_NAMES = [
  'memory',
  'heap',
  'alloc',
  'allocs',
  'allocations',
  'mem',
  'space',
  'inuse_space',
  'godeltaprof_memory',
  'process_cpu',
  'cpu',
  'wall',
  '',
];
const LOCK_NAMES = ['lock', 'locks', 'block', 'mutex', 'process_cpu', 'cpu', 'wall'];

/**
 * The one table of profile types. Order matters twice: the first row that fits an id names it, and among the types of a
 * service the order of the rows decides which one an alias means. `docs/profile-types.md` is made from it.
 */
export const TYPE_ROWS: readonly TypeRow[] = [
  {
    alias: 'cpu',
    nature: 'time',
    dimension: 'time',
    names: CPU_NAMES,
    sampleTypes: ['cpu'],
    meaning: 'time on CPU',
    source: `${GO} \`proto.go\`; Java (async-profiler): ${JFR}; .NET: ${DOTNET}; Python, Ruby, Rust: ${RUST}; eBPF and OpenTelemetry \`samples\` of period cpu: ${OTLP}`,
  },
  {
    alias: 'cpu',
    nature: 'time',
    dimension: 'time',
    names: ['wall'],
    sampleTypes: ['cpu'],
    beside: 'wall',
    meaning: 'time on CPU, measured by the wall-clock profiler',
    source: `Node.js with \`collectCpuTime\`: ${NODE}, grafana/pyroscope-nodejs \`src/profilers/wall-profiler.ts\`; older .NET, whose profile is named after its wall time: grafana/pyroscope \`pkg/og/convert/pprof/profile.go\``,
  },
  {
    alias: 'cpu',
    nature: 'time',
    dimension: 'time',
    names: ['wall'],
    sampleTypes: ['cpu'],
    periods: ['wall'],
    meaning: 'time on CPU, measured by the wall-clock profiler',
    source: `Node.js with \`collectCpuTime\`: ${NODE}`,
  },
  {
    alias: 'cpu_samples',
    nature: 'time',
    dimension: 'count',
    names: CPU_NAMES,
    sampleTypes: ['samples', 'sample', 'cpu_samples', 'cpu'],
    meaning: 'number of CPU samples',
    noun: 'samples',
    countsOf: 'cpu',
    source: `${GO} \`proto.go\`; .NET \`cpu_samples\`: ${DOTNET}; \`cpu\` in counts: tikv/pprof-rs \`src/report.rs\`; collapsed stacks (phpspy, excimer, itimer): ${INGEST}`,
  },
  {
    alias: 'cpu_samples',
    nature: 'time',
    dimension: 'count',
    names: ['samples'],
    sampleTypes: ['samples', 'sample'],
    periods: ['cpu', ''],
    meaning: 'number of CPU samples',
    noun: 'samples',
    countsOf: 'cpu',
    source: 'profilers and converters that count samples only and name the profile after them',
  },
  {
    alias: 'wall',
    nature: 'time',
    dimension: 'time',
    names: WALL_NAMES,
    sampleTypes: ['wall'],
    meaning: 'wall-clock time, waiting included',
    wallClock: true,
    source: `Node.js: ${NODE}; Java (async-profiler): ${JFR}; .NET: ${DOTNET}`,
  },
  {
    alias: 'wall',
    nature: 'time',
    dimension: 'time',
    names: ['fgprof'],
    sampleTypes: ['time'],
    meaning: 'wall-clock time of all goroutines, waiting included',
    wallClock: true,
    source: 'felixge/fgprof `fgprof.go`; named by grafana/alloy `internal/component/pyroscope/scrape`',
  },
  {
    alias: 'wall',
    nature: 'time',
    dimension: 'time',
    names: ['wallclock', 'wall', 'time', 'profile', ''],
    sampleTypes: ['time'],
    periods: ['wallclock', 'wall'],
    meaning: 'wall-clock time, waiting included',
    wallClock: true,
    source: 'felixge/fgprof `fgprof.go`, pushed under a name of its own',
  },
  {
    alias: 'wall',
    nature: 'time',
    dimension: 'time',
    names: ['wall'],
    sampleTypes: ['cpu'],
    meaning: 'wall-clock time, waiting included (older JVM agents call it cpu)',
    wallClock: true,
    source: 'older Java agents, without `wall:wall` beside it: fixture of an older Pyroscope',
  },
  {
    alias: 'wall_samples',
    nature: 'time',
    dimension: 'count',
    names: ['wall', 'wallclock', 'fgprof', ''],
    sampleTypes: ['samples', 'sample'],
    meaning: 'number of wall-clock samples',
    noun: 'samples',
    wallClock: true,
    countsOf: 'wall',
    source: `Node.js: ${NODE}; felixge/fgprof; collapsed stacks and speedscope files in seconds: ${INGEST}`,
  },
  {
    alias: 'wall_samples',
    nature: 'time',
    dimension: 'count',
    names: ['samples'],
    sampleTypes: ['samples', 'sample'],
    periods: ['wall', 'wallclock'],
    meaning: 'number of wall-clock samples',
    noun: 'samples',
    wallClock: true,
    countsOf: 'wall',
    source: 'profilers and converters that count samples only and name the profile after them',
  },
  {
    alias: 'off_cpu',
    nature: 'time',
    dimension: 'time',
    names: ['off_cpu', 'offcpu', 'process_cpu', 'cpu', ''],
    sampleTypes: ['off_cpu', 'offcpu'],
    meaning: 'time waiting off CPU',
    wallClock: true,
    source: `open-telemetry/opentelemetry-ebpf-profiler \`tracer/systemconfig.go\`: ${OTLP}`,
  },
  {
    alias: 'alloc',
    nature: 'amount',
    dimension: 'bytes',
    names: MEMORY_NAMES,
    sampleTypes: ['alloc_space', 'alloc_in_new_tlab_bytes', 'alloc_sample_bytes', 'alloc_size', 'alloc_bytes'],
    meaning: 'bytes allocated, freed or not',
    source: `\`alloc_space\`: ${GO} \`protomem.go\`, godeltaprof, Node.js (${NODE}); \`alloc_in_new_tlab_bytes\` (async-profiler 3) and \`alloc_sample_bytes\` (async-profiler 4, JDK 16): ${JFR}; \`alloc_size\` (.NET): ${DOTNET}`,
  },
  {
    alias: 'alloc_objects',
    nature: 'amount',
    dimension: 'count',
    names: MEMORY_NAMES,
    sampleTypes: [
      'alloc_objects',
      'alloc_in_new_tlab_objects',
      'alloc_sample_objects',
      'alloc_samples',
      'alloc_in_new_tlab',
    ],
    meaning: 'objects allocated, freed or not',
    noun: 'objects',
    countsOf: 'alloc',
    source: `${GO} \`protomem.go\`; ${NODE}; ${JFR}; \`alloc_samples\`: ${DOTNET}`,
  },
  {
    alias: 'alloc_outside_tlab',
    nature: 'amount',
    dimension: 'bytes',
    names: MEMORY_NAMES,
    sampleTypes: ['alloc_outside_tlab_bytes'],
    meaning: 'bytes allocated outside thread-local buffers',
    source: JFR,
  },
  {
    alias: 'alloc_outside_tlab_objects',
    nature: 'amount',
    dimension: 'count',
    names: MEMORY_NAMES,
    sampleTypes: ['alloc_outside_tlab_objects'],
    meaning: 'objects allocated outside thread-local buffers',
    noun: 'objects',
    countsOf: 'alloc_outside_tlab',
    source: JFR,
  },
  {
    alias: 'native_alloc',
    nature: 'amount',
    dimension: 'bytes',
    names: ['memory', 'malloc', 'nativemem', 'native_memory', ''],
    sampleTypes: ['malloc_bytes'],
    meaning: 'bytes that native code allocated, freed or not',
    source: `Java (async-profiler 4 \`nativemem\`): ${JFR}`,
  },
  {
    alias: 'native_alloc_objects',
    nature: 'amount',
    dimension: 'count',
    names: ['memory', 'malloc', 'nativemem', 'native_memory', ''],
    sampleTypes: ['malloc_objects'],
    meaning: 'blocks that native code allocated, freed or not',
    noun: 'blocks',
    countsOf: 'native_alloc',
    source: JFR,
  },
  {
    alias: 'inuse',
    nature: 'level',
    dimension: 'bytes',
    names: MEMORY_NAMES,
    sampleTypes: ['inuse_space', 'space', 'live_bytes'],
    meaning: 'bytes of live heap',
    source: `${GO} \`protomem.go\`; ${NODE}; .NET: ${DOTNET}; Rust (jemalloc): polarsignals/rust-jemalloc-pprof \`src/lib.rs\`; \`space\`: pprof's reader of heap profiles of gperftools`,
  },
  {
    alias: 'inuse_objects',
    nature: 'level',
    dimension: 'count',
    names: MEMORY_NAMES,
    sampleTypes: ['inuse_objects', 'objects', 'live'],
    meaning: 'objects in the live heap',
    noun: 'objects',
    countsOf: 'inuse',
    source: `${GO} \`protomem.go\`; ${NODE}; \`live\` (async-profiler): ${JFR}; .NET: ${DOTNET}`,
  },
  {
    alias: 'memory_samples',
    nature: 'amount',
    dimension: 'bytes',
    names: ['memory'],
    sampleTypes: ['samples'],
    meaning: 'bytes by stack; the converter does not say whether allocated or in use',
    source: `speedscope files in bytes: ${INGEST}`,
  },
  {
    alias: 'goroutines',
    nature: 'level',
    dimension: 'count',
    names: ['goroutine', 'goroutines'],
    sampleTypes: ['goroutine', 'goroutines'],
    meaning: 'goroutines, by where they are parked or run',
    noun: 'goroutines',
    source: `${GO} \`pprof.go\`; \`goroutines\`: grafana/pyroscope \`pkg/og/convert/pprof/profile.go\``,
  },
  {
    alias: 'leaked_goroutines',
    nature: 'level',
    dimension: 'count',
    names: ['goroutineleak', 'goroutine_leak', 'goroutineleaks', 'goroutine'],
    sampleTypes: ['goroutineleak', 'goroutine_leak'],
    meaning: 'goroutines that nothing can wake any more',
    noun: 'goroutines',
    source: `${GO} \`pprof.go\`, from 1.26 on`,
  },
  {
    alias: 'threads',
    nature: 'level',
    dimension: 'count',
    names: ['threadcreate', 'threads', 'thread'],
    sampleTypes: ['threadcreate', 'threads'],
    meaning: 'operating-system threads, by what created them',
    noun: 'threads',
    source: `${GO} \`pprof.go\``,
  },
  {
    alias: 'mutex',
    nature: 'wait',
    dimension: 'time',
    names: ['mutex', 'godeltaprof_mutex'],
    sampleTypes: ['delay'],
    meaning: 'time others waited for a lock held here',
    source: `${GO} \`pprof.go\`; Java, where it is the time that waited here: ${JFR}`,
  },
  {
    alias: 'mutex_contentions',
    nature: 'amount',
    dimension: 'count',
    names: ['mutex', 'godeltaprof_mutex'],
    sampleTypes: ['contentions'],
    meaning: 'times others waited for a lock held here',
    noun: 'contentions',
    countsOf: 'mutex',
    source: `${GO} \`pprof.go\`; ${JFR}`,
  },
  {
    alias: 'block',
    nature: 'wait',
    dimension: 'time',
    names: ['block', 'godeltaprof_block'],
    sampleTypes: ['delay'],
    meaning: 'time blocked on channels and locks',
    source: `${GO} \`pprof.go\`; Java \`ThreadPark\`: ${JFR}; \`lock_duration\` of older JVM agents: ${INGEST}`,
  },
  {
    alias: 'block_contentions',
    nature: 'amount',
    dimension: 'count',
    names: ['block', 'godeltaprof_block'],
    sampleTypes: ['contentions'],
    meaning: 'times blocked on channels and locks',
    noun: 'contentions',
    countsOf: 'block',
    source: `${GO} \`pprof.go\`; ${JFR}`,
  },
  {
    alias: 'lock',
    nature: 'wait',
    dimension: 'time',
    names: LOCK_NAMES,
    sampleTypes: ['lock_time', 'lock_duration'],
    meaning: 'time waiting for locks',
    source: `.NET: ${DOTNET}`,
  },
  {
    alias: 'lock_count',
    nature: 'amount',
    dimension: 'count',
    names: LOCK_NAMES,
    sampleTypes: ['lock_count', 'contentions'],
    meaning: 'times a lock was contended',
    noun: 'contentions',
    countsOf: 'lock',
    source: `.NET: ${DOTNET}`,
  },
  {
    alias: 'contention',
    nature: 'wait',
    dimension: 'time',
    names: ['contentions', 'delay', 'contention', ''],
    sampleTypes: ['delay'],
    meaning: 'time waiting for locks or channels; the name does not say whether block or mutex',
    source: `OpenTelemetry profiles named after their period type: ${OTLP}`,
  },
  {
    alias: 'contention_count',
    nature: 'amount',
    dimension: 'count',
    names: ['contentions', 'delay', 'contention', ''],
    sampleTypes: ['contentions'],
    meaning: 'times that locks or channels were waited for',
    noun: 'contentions',
    countsOf: 'contention',
    source: `OpenTelemetry profiles named after their period type: ${OTLP}`,
  },
  {
    alias: 'exceptions',
    nature: 'amount',
    dimension: 'count',
    names: ['exception', 'exceptions', 'process_cpu', 'cpu', 'wall'],
    sampleTypes: ['exception', 'exceptions'],
    meaning: 'exceptions thrown',
    noun: 'exceptions',
    source: `.NET: ${DOTNET}`,
  },
  {
    alias: 'exceptions',
    nature: 'amount',
    dimension: 'count',
    names: ['exceptions', 'exception'],
    sampleTypes: ['samples'],
    meaning: 'exceptions thrown',
    noun: 'exceptions',
    source: INGEST,
  },
  {
    alias: 'gc_cpu',
    nature: 'amount',
    dimension: 'time',
    names: ['gc'],
    sampleTypes: ['cpu'],
    meaning: 'time on CPU of the threads of the garbage collector',
    source: `.NET: ${DOTNET}, \`PyroscopePprofSink.cpp\``,
  },
  {
    alias: 'gc_cpu_samples',
    nature: 'amount',
    dimension: 'count',
    names: ['gc'],
    sampleTypes: ['cpu_samples', 'samples'],
    meaning: 'number of CPU samples of the threads of the garbage collector',
    noun: 'samples',
    countsOf: 'gc_cpu',
    source: `.NET: ${DOTNET}`,
  },
  {
    alias: 'gc_time',
    nature: 'amount',
    dimension: 'time',
    names: ['gc'],
    sampleTypes: ['gc_cpu_timeline'],
    meaning: 'time of garbage collections',
    source: `.NET: ${DOTNET}`,
  },
  {
    alias: 'gc_pause',
    nature: 'amount',
    dimension: 'time',
    names: ['gc'],
    sampleTypes: ['gc_stw_timeline'],
    meaning: 'time for which the garbage collector stopped the process',
    source: `.NET: ${DOTNET}`,
  },
  {
    alias: 'request_time',
    nature: 'amount',
    dimension: 'time',
    names: ['network'],
    sampleTypes: ['request_time'],
    meaning: 'time of outgoing requests',
    source: `.NET: ${DOTNET}`,
  },
  {
    alias: 'thread_lifetime',
    nature: 'amount',
    dimension: 'time',
    names: ['thread_lifetime'],
    sampleTypes: ['thread_lifetime_timeline'],
    meaning: 'time for which threads lived',
    source: `.NET: ${DOTNET}`,
  },
  {
    alias: 'events',
    nature: 'amount',
    dimension: 'count',
    names: ['', 'events', 'process_cpu'],
    sampleTypes: ['events'],
    meaning: 'times that a probe was hit',
    noun: 'events',
    source: 'open-telemetry/opentelemetry-ebpf-profiler `probes/kprobe/kprobe.go`',
  },
];
