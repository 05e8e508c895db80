/**
 * Known names of the standard libraries and the widespread third-party libraries of each language. A name
 * stands here only if it tells more than a file path: paths decide wherever they can.
 */

const words = (text: string) => text.trim().split(/\s+/);
const alternatives = (text: string) => words(text).join('|');

/** Top-level packages of Go's standard library: import paths without a dot that are not the team's. */
export const GO_STANDARD: ReadonlySet<string> = new Set(
  words(
    `archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar
     flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime
     slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak`,
  ),
);

/** Widespread third-party Go modules, for frames without a file. */
export const GO_LIBRARY = new RegExp(
  `^(?:golang\\.org/x|google\\.golang\\.org|cloud\\.google\\.com|go\\.opentelemetry\\.io|go\\.uber\\.org|` +
    `go\\.mongodb\\.org|go\\.etcd\\.io|gopkg\\.in|k8s\\.io|sigs\\.k8s\\.io|gorm\\.io|modernc\\.org|` +
    `github\\.com/(?:${alternatives(
      `aws Azure beorn7 cespare confluentinc DataDog dgraph-io elastic felixge gin-gonic go-chi go-kit go-redis
       go-sql-driver goccy gofiber gogo golang google gorilla grafana/pyroscope-go grpc-ecosystem hashicorp jackc jmoiron
       json-iterator julienschmidt klauspost labstack lib mattn nats-io pierrec pkg prometheus redis rs segmentio sirupsen
       spf13 stretchr twmb uber valyala`,
    )}))/`,
);

/** Packages and single-file modules of Python's standard library: profilers cut the path before them. */
export const PYTHON_STANDARD = new RegExp(
  `^(?:(?:${alternatives(
    `asyncio collections concurrent ctypes curses dbm distutils email encodings ensurepip html http importlib json
     lib2to3 logging multiprocessing re sqlite3 tomllib unittest urllib wsgiref xml xmlrpc zoneinfo`,
  )})/.*|(?:${alternatives(
    `_\\w+ abc argparse ast base64 bdb bisect calendar cProfile cmd code codecs configparser contextlib contextvars copy
     copyreg csv dataclasses datetime decimal difflib dis enum filecmp fileinput fnmatch fractions ftplib functools
     genericpath getpass gettext glob graphlib gzip hashlib heapq hmac imaplib inspect io ipaddress keyword linecache locale
     lzma mimetypes netrc numbers opcode operator optparse os pathlib pdb pickle pkgutil platform poplib posixpath pprint
     profile pstats queue quopri random reprlib runpy sched secrets selectors shelve shlex shutil signal site smtplib
     socket socketserver sre_compile sre_parse ssl stat statistics string struct subprocess symtable tarfile tempfile
     textwrap threading timeit token tokenize trace traceback tracemalloc types typing uuid warnings wave weakref
     webbrowser zipapp zipfile zipimport`,
  )})\\.py)$`,
);

/** Widespread third-party Python packages, for paths that were cut before them. */
export const PYTHON_LIBRARY = new RegExp(
  `^(?:${alternatives(
    `_pytest aiohttp aiokafka amqp anyio asgiref asyncpg attr attrs billiard boto3 botocore bs4 celery certifi cffi
     charset_normalizer click confluent_kafka cryptography dateutil ddtrace django elasticsearch eventlet fastapi flask
     gevent greenlet grpc gunicorn h11 httpcore httptools httpx hypercorn idna jinja2 jose jsonschema jwt kafka kombu langchain
     markdown markdown_it mdurl mistune
     loguru lxml markupsafe marshmallow matplotlib mongoengine motor msgpack multidict MySQLdb networkx numpy openai
     opentelemetry orjson pandas passlib peewee pika PIL pip pkg_resources prometheus_client psutil psycopg psycopg2 pyarrow
     pydantic pydantic_core pymongo pymysql pyroscope pytest pytz redis regex requests rest_framework rich rq s3transfer
     sanic scipy sentry_sdk setuptools simplejson six sklearn sniffio sqlalchemy sqlmodel starlette structlog tensorflow
     tornado torch tqdm transformers twisted typing_extensions ujson urllib3 uvicorn uvloop waitress watchfiles websockets
     werkzeug whitenoise wrapt yaml yarl`,
  )})(?:/|\\.pyx?$)`,
);

export const JVM_RUNTIME =
  /^(?:java|javax|jdk|sun|kotlin|kotlinx|scala|com[./]sun|groovy[./](?:lang|util)|clojure[./](?:core|lang))[./]/;

export const JVM_LIBRARY = new RegExp(
  `^(?:${[
    `org.(?:${alternatives(
      `apache asynchttpclient aspectj bouncycastle codehaus eclipse elasticsearch flywaydb glassfish h2 hibernate
       infinispan jboss jctools jetbrains jooq json junit liquibase mariadb mockito mongodb msgpack mybatis neo4j
       opensearch postgresql quartz reactivestreams redisson rocksdb slf4j springframework thymeleaf wildfly xerial xnio
       yaml`,
    )})`,
    `io.(?:${alternatives(
      `asyncer confluent debezium dropwizard fabric8 grpc helidon jaegertracing jsonwebtoken ktor kubernetes lettuce
       micrometer micronaut netty opentelemetry opentracing prometheus pyroscope quarkus r2dbc reactivex sentry smallrye
       swagger undertow vavr vertx`,
    )})`,
    `com.(?:${alternatives(
      `alibaba amazonaws auth0 azure clickhouse codahale couchbase datastax esotericsoftware fasterxml github google
       h2database hazelcast ibm lmax microsoft mongodb mysql netflix nimbusds oracle rabbitmq squareup typesafe zaxxer`,
    )})`,
    `net.(?:bytebuddy|jpountz|logstash|minidev|sf|spy)`,
    'software.amazon',
    'ch.qos',
    'one.profiler',
    'jakarta|reactor|okhttp3|okio|retrofit2|feign|brave|rx|akka|cats|zio|play|lombok',
  ]
    .join('|')
    .replaceAll(/(?<!\\)\.(?!\*)/g, '[./]')})[./]`,
);

/** The JVM's own C++ code, and V8's and Node's: qualified names without a file. */
export const VM_INTERNAL =
  /^(?:v8|node|uv|cppgc|JavaThread|JavaCalls|Java\w*Thread|Threads?|VMThread|VM_\w+|WorkerThread|GangWorker|AbstractGangWorker|Concurrent\w+|G1\w*|Z[A-Z]\w*|Shenandoah\w*|PS[A-Z]\w*|Parallel\w*|GC\w*|Gen\w*|DefNew\w*|Serial\w*|Compile|Compile\w+|C[12]\w*|Phase\w*|Parse|Matcher|IdealLoop\w*|\w+Node|Interpreter\w*|SharedRuntime|OptoRuntime|Runtime1|JVM_\w+|jni_\w+|Unsafe_\w+|ObjectMonitor|ObjectSynchronizer|Safepoint\w*|os|OopMap\w*|CodeCache|CodeHeap|nmethod|MemAllocator|ObjAllocator|CollectedHeap|Universe|SymbolTable|StringTable|ClassLoader\w*|SystemDictionary|LinkResolver|InstanceKlass|Method|ConstantPool|CardTable\w*|Monitor|Mutex|Jfr\w*|Profiler)::/;

export const DOTNET_RUNTIME = /^(?:(?:System|Microsoft|Interop|Internal|FSharp)[.!]|(?:SVR|WKS)::)/;
export const DOTNET_LIBRARY = new RegExp(
  `^(?:${alternatives(
    `Amazon Autofac AutoMapper Azure Castle Confluent Dapper Datadog FluentValidation Google Grpc Hangfire MassTransit
     MediatR MongoDB MySql MySqlConnector Newtonsoft NLog Npgsql OpenTelemetry Polly Prometheus Pyroscope Quartz RabbitMQ
     Serilog StackExchange Swashbuckle log4net`,
  )})[.!]`,
);

/** An optional `<` and references stand before the type of a trait's method. */
export const RUST_RUNTIME =
  /^<?(?:&(?:mut )?)?(?:std|core|alloc|proc_macro|compiler_builtins|backtrace|hashbrown|__rustc)::|^_?_?rust_|^__r(?:dl|g)_|^rust_begin/;
export const RUST_LIBRARY = new RegExp(
  `^<?(?:&(?:mut )?)?(?:${alternatives(
    `actix anyhow axum bytes chrono clap crossbeam diesel futures h2 http hyper log mio parking_lot prost rayon rdkafka
     redis regex reqwest ring rusqlite rustls serde sqlx tokio tonic tower tracing uuid want addr2line ahash aho_corasick
     arrow backon base64 bitflags bstr bumpalo cc dashmap either fnv form_urlencoded gimli hex hmac httparse idna indexmap
     itertools itoa jemalloc_pprof jemallocator libc lock_api matchit memchr memmap2 miniz_oxide native_tls nix num object
     once_cell openssl percent_encoding pin_project polars pprof pyroscope quanta quick_xml rand rustc_demangle ryu
     sha2 simd_json slab smallvec socket2 spin symbolic_demangle thiserror tikv_jemallocator time tinyvec toml tungstenite
     unicode_normalization url warp webpki wasmtime winnow zerocopy zstd`,
  )})(?:_\\w+)?::`,
);

export const CPP_RUNTIME =
  /^(?:[\w:<>*& ]+ )?(?:std|__gnu_cxx|__cxxabiv1|__cxa_\w+|operator (?:new|delete))(?:::|\b)/;
export const CPP_LIBRARY =
  /^(?:[\w:<>*& ]+ )?(?:absl|boost|folly|grpc|grpc_core|google::protobuf|fmt|spdlog|rocksdb|leveldb|nlohmann|Eigen|tbb|tcmalloc|je_\w+|rapidjson|re2|arrow)::/;

/**
 * The profilers themselves: they load classes, compress and push in the service's process, most of all after
 * its start, whatever the service does.
 */
export const PROFILER =
  /^(?:io[./]pyroscope|one[./]profiler)[./]|^github\.com\/grafana\/pyroscope-go[/.]|^<?(?:&(?:mut )?)?(?:pyroscope|pprof|jemalloc_pprof)::/;
export const PROFILER_FILE =
  /(?:^|\/)(?:node_modules\/(?:@pyroscope\/nodejs|@datadog\/pprof)|(?:site|dist)-packages\/pyroscope)\/|^pyroscope\/\w+\.py$/;

/** Functions of the C library, its allocator and its threads, as they are named without a file. */
export const LIBC = new RegExp(
  `^(?:${alternatives(
    `malloc free calloc realloc memalign posix_memalign aligned_alloc cfree sysmalloc unlink_chunk malloc_consolidate
     tcache_\\w+ arena_get2? mem(?:cpy|move|set|cmp|chr|mem) str(?:n?len|n?cmp|n?cpy|n?cat|chr|rchr|str|dup|tok(?:_r)?|tol|toll|toul|tod)
     qsort(?:_r)? bsearch v?s?n?printf vfprintf fprintf f?puts f?putc fread fwrite fflush fopen fclose getenv
     pthread_\\w+ sem_\\w+ start_thread clone3? syscall clock_gettime clock_nanosleep nanosleep gettimeofday usleep
     epoll_p?wait2? p?poll p?select accept4? connect recv(?:from|msg)? send(?:to|msg)? p?readv? p?writev? open(?:at)? close
     mmap munmap madvise brk sbrk sched_yield futex abort exit raise setjmp longjmp dl_\\w+ dlsym dlopen
     entry_SYSCALL_\\w+ do_syscall_64 asm_\\w+`,
  )})(?:@.*)?$`,
);

/** Namespaces of widespread PHP packages, for frames without a file. */
export const PHP_LIBRARY = new RegExp(
  `^(?:${alternatives(
    `Amp Aws Bramus CakePHP Carbon Composer Cycle DI Doctrine Dompdf Drupal\\\\Core Elastic Elasticsearch FastRoute
     Firebase Google Guzzle GuzzleHttp Illuminate Intervention Laminas Laravel League MongoDB Monolog Mockery Nette
     Nyholm OpenTelemetry PhpAmqpLib PhpOffice PhpParser Phpfastcgi Predis Psr PHPUnit Ramsey React Sentry Slim Spiral
     Stripe Swoole Symfony Twig Workerman Yiisoft Zend yii`,
  )})\\\\`,
);

/** Classes of PHP itself and its usual extensions. */
export const PHP_BUILTIN = new RegExp(
  `^(?:${alternatives(
    `PDO\\w* mysqli\\w* Redis\\w* Memcached? Mongo\\w* Date\\w+ Array(?:Object|Iterator|Access) \\w*Iterator Iterator\\w*
     Spl\\w+ Reflection\\w* \\w*Exception \\w*Error Closure Generator Fiber WeakMap SimpleXML\\w* DOM\\w* XML\\w* Curl\\w* Imagick\\w*
     ZipArchive Soap\\w+ Intl\\w+ NumberFormatter Collator Normalizer Phar\\w* SQLite3\\w* stdClass SessionHandler`,
  )})(?:::|->)`,
);
