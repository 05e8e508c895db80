/** Source files that say what an agent, a collector or a converter sends. */

export const GO = 'Go `runtime/pprof`';
export const JFR = 'grafana/jfr-parser `pprof/pprof.go`';
export const DOTNET = 'grafana/pyroscope-dotnet `SampleValueTypeProvider.cpp`';
export const INGEST = 'grafana/pyroscope `pkg/ingester/pyroscope/ingest_adapter.go`';
export const OTLP = 'grafana/pyroscope `pkg/ingester/otlp/convert.go`';
export const NODE = 'DataDog/pprof-nodejs `ts/src/profile-serializer.ts`';
export const RUST = 'grafana/pyroscope-rs `encode/pprof.rs`';
