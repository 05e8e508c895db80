import { chain } from '../frame.js';
import { capitalised, type Language, type Project } from './language.js';

const MODULES = [
  'northwind.dev',
  'github.com/fjordline',
  'git.acme.io/platform',
  'gitlab.com/harbour/backend',
];
const HANDLER_FUNC = 'net/http.HandlerFunc.ServeHTTP @ net/http/server.go:2285';
const nameModule = ({ variant }: Project) => MODULES[variant % MODULES.length] ?? 'northwind.dev';

/** Names as the Go compiler writes them; files relative to the module, as `-trimpath` builds have them. */
export const go: Language = {
  name: 'go',
  entries: [
    chain(`net/http.(*conn).serve @ net/http/server.go:1887
      net/http.serverHandler.ServeHTTP @ net/http/server.go:3302
      ${HANDLER_FUNC}`),
    chain(`google.golang.org/grpc.(*Server).serveStreams.func2.1 @ google.golang.org/grpc@v1.71.0/server.go:1048
      google.golang.org/grpc.(*Server).handleStream @ google.golang.org/grpc@v1.71.0/server.go:1736
      google.golang.org/grpc.(*Server).processUnaryRPC @ google.golang.org/grpc@v1.71.0/server.go:1300`),
  ],
  middleware: (project) => {
    const httpx = (name: string, line: number) =>
      `${nameModule(project)}/platform/httpx.${name} @ ${nameModule(project)}/platform/httpx/httpx.go:${line}`;
    return [
      chain(`${httpx('Recover.func1', 89)}\n${HANDLER_FUNC}`),
      chain(`${httpx('RequestID.func1', 101)}\n${HANDLER_FUNC}`),
      chain(`${httpx('(*Server).chain.AccessLog.func1.1', 119)}\n${HANDLER_FUNC}`),
      chain(`go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp.(*middleware).serveHTTP @ go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp@v0.60.0/handler.go:85
        ${HANDLER_FUNC}`),
      chain('net/http.(*ServeMux).ServeHTTP @ net/http/server.go:2814'),
    ];
  },
  app: (project, { area, noun, verb, startLine }) => {
    const path = `${nameModule(project)}/${project.domain}/${area}`;
    const forms = [
      `(*${capitalised(area)}${noun}).${capitalised(verb)}`,
      `(*Service).${verb}${noun}`,
      `${verb}${noun}`,
      `${noun}Index.${capitalised(verb)}`,
    ];
    return {
      name: `${path}.${forms[startLine % forms.length]}`,
      file: `${path}/${noun.toLowerCase()}.go`,
      startLine,
      isSymbolised: true,
    };
  },
  renamed: (fn) => ({ ...fn, name: `${fn.name}Batch`, startLine: fn.startLine + 37 }),
  libraries: [
    chain(`encoding/json.Marshal @ encoding/json/encode.go:205
      encoding/json.(*encodeState).marshal @ encoding/json/encode.go:333
      encoding/json.structEncoder.encode @ encoding/json/encode.go:717
      encoding/json.arrayEncoder.encode @ encoding/json/encode.go:870
      encoding/json.structEncoder.encode @ encoding/json/encode.go:717
      encoding/json.appendString[go.shape.string] @ encoding/json/encode.go:960`),
    chain(`encoding/json.Unmarshal @ encoding/json/decode.go:102
      encoding/json.(*decodeState).unmarshal @ encoding/json/decode.go:173
      encoding/json.(*decodeState).value @ encoding/json/decode.go:363
      encoding/json.(*decodeState).object @ encoding/json/decode.go:604
      encoding/json.(*decodeState).value @ encoding/json/decode.go:363
      runtime.mapassign_faststr @ internal/runtime/maps/runtime_faststr.go:263`),
    chain(`regexp.MustCompile @ regexp/regexp.go:313
      regexp.Compile @ regexp/regexp.go:134
      regexp.compile @ regexp/regexp.go:168
      regexp/syntax.Parse @ regexp/syntax/parse.go:878
      regexp/syntax.parse @ regexp/syntax/parse.go:882`),
    chain(`crypto/sha256.Sum256 @ crypto/sha256/sha256.go:62
      crypto/internal/fips140/sha256.(*Digest).Write @ crypto/internal/fips140/sha256/sha256.go:139
      crypto/internal/fips140/sha256.blockSHANI @ crypto/internal/fips140/sha256/sha256block_amd64.s:10`),
    chain(`sort.Slice @ sort/slice.go:22
      sort.pdqsort_func @ sort/zsortfunc.go:61
      sort.insertionSort_func @ sort/zsortfunc.go:12`),
    chain(`fmt.Sprintf @ fmt/print.go:236
      fmt.(*pp).doPrintf @ fmt/print.go:1018
      fmt.(*pp).printArg @ fmt/print.go:682
      strconv.FormatFloat @ strconv/ftoa.go:46`),
    chain(`github.com/jackc/pgx/v5.(*Conn).Query @ github.com/jackc/pgx/v5@v5.7.2/conn.go:700
      github.com/jackc/pgx/v5/pgconn.(*PgConn).ExecPrepared @ github.com/jackc/pgx/v5@v5.7.2/pgconn/pgconn.go:1175
      net.(*conn).Write @ net/net.go:204
      internal/poll.(*FD).Write @ internal/poll/fd_unix.go:360
      syscall.Syscall @ syscall/syscall_linux.go:66`),
    chain(`compress/gzip.(*Writer).Write @ compress/gzip/gzip.go:146
      compress/flate.(*compressor).write @ compress/flate/deflate.go:571
      compress/flate.(*compressor).deflate @ compress/flate/deflate.go:391`),
  ],
  leaves: [
    chain(`runtime.newobject @ runtime/malloc.go:1712
      runtime.mallocgc @ runtime/malloc.go:1059`),
    chain(`runtime.growslice @ runtime/slice.go:176
      runtime.memmove @ runtime/memmove_amd64.s:38`),
    chain('runtime.mapaccess2_faststr @ internal/runtime/maps/runtime_faststr.go:161'),
    chain(`time.Now @ time/time.go:1343
      runtime.nanotime @ runtime/time_nofake.go:33`),
  ],
  background: [
    chain(`runtime.mcall @ runtime/asm_amd64.s:458
      runtime.park_m @ runtime/proc.go:4253
      runtime.schedule @ runtime/proc.go:4135
      runtime.findRunnable @ runtime/proc.go:3389
      runtime.futex @ runtime/sys_linux_amd64.s:558`),
    chain(`runtime.mcall @ runtime/asm_amd64.s:458
      runtime.park_m @ runtime/proc.go:4253
      runtime.schedule @ runtime/proc.go:4135
      runtime.checkTimers @ runtime/proc.go:4035`),
    chain(`github.com/prometheus/client_golang/prometheus.(*Registry).Gather @ github.com/prometheus/client_golang@v1.21.0/prometheus/registry.go:410
      github.com/prometheus/client_golang/prometheus.processMetric @ github.com/prometheus/client_golang@v1.21.0/prometheus/registry.go:620`),
    chain(`runtime.mstart @ runtime/asm_amd64.s:394
      runtime.sysmon @ runtime/proc.go:6152
      runtime.usleep @ runtime/sys_linux_amd64.s:120`),
  ],
  collector: [
    chain(`runtime.gcBgMarkWorker @ runtime/mgc.go:1334
      runtime.systemstack @ runtime/asm_amd64.s:484
      runtime.gcDrain @ runtime/mgcmark.go:1080
      runtime.scanobject @ runtime/mgcmark.go:1425`),
    chain(`runtime.gcBgMarkWorker @ runtime/mgc.go:1334
      runtime.systemstack @ runtime/asm_amd64.s:484
      runtime.gcDrain @ runtime/mgcmark.go:1080
      runtime.markroot @ runtime/mgcmark.go:166`),
    chain('runtime.bgsweep @ runtime/mgcsweep.go:277'),
  ],
  warmup: [
    chain(`runtime.main @ runtime/proc.go:147
      main.main @ main.go:18
      html/template.(*Template).ParseFS @ html/template/template.go:514
      text/template/parse.Parse @ text/template/parse/parse.go:64`),
    chain(`runtime.main @ runtime/proc.go:147
      runtime.doInit1 @ runtime/proc.go:7291`),
  ],
  idle: [],
};
