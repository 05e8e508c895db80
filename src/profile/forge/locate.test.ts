import { describe, expect, test } from 'vitest';
import { readForge, writeLineUrl } from './forge.js';
import { type CodePlace, findBuildFolder, locateLine } from './locate.js';

const REF = '9fceb02d0ae598e95dc970b74767f19372d61af8';

function place(address = 'https://github.com/acme/shop', root = '', ref: string | null = REF): CodePlace {
  const forge = readForge(address);
  if (forge === null) throw new Error(address);
  return { forge, root, ref };
}

const BLOB = `https://github.com/acme/shop/blob/${REF}`;
const link = (name: string, file: string | null, at: CodePlace = place(), folder: string | null = null) => {
  const line = locateLine({ function: name, file, line: 12 }, at, folder);
  return line === null ? null : writeLineUrl(line);
};

type Row = readonly [name: string, file: string, url: string | null];

const GO: readonly Row[] = [
  // The main module, cut by -trimpath or below its own path.
  ['github.com/acme/shop/cart.Total', 'github.com/acme/shop/cart/cart.go', `${BLOB}/cart/cart.go#L12`],
  ['main.main', 'github.com/acme/shop/cmd/server/main.go', `${BLOB}/cmd/server/main.go#L12`],
  ['github.com/acme/shop/v2/cart.Total', 'github.com/acme/shop/v2/cart/cart.go', `${BLOB}/cart/cart.go#L12`],
  [
    'github.com/acme/shop/cart.Total',
    '/go/src/github.com/acme/shop/cart/cart.go',
    `${BLOB}/cart/cart.go#L12`,
  ],
  ['github.com/acme/shop/cart.(*Cart).Total', '/app/cart/cart.go', `${BLOB}/cart/cart.go#L12`],
  ['github.com/acme/shop/v3/cart.Map[...]', '/build/x/cart/map.go', `${BLOB}/cart/map.go#L12`],
  ['github.com/acme/shop.Run', '/home/ci/x/run.go', `${BLOB}/run.go#L12`],
  ['main.main', '/home/runner/work/shop/shop/main.go', `${BLOB}/main.go#L12`],
  ['main.main', '/builds/acme/shop/cmd/main.go', `${BLOB}/cmd/main.go#L12`],
  ['main.run', '/workspace/cmd/main.go', `${BLOB}/cmd/main.go#L12`],
  // A package whose file lies elsewhere, and modules that only begin alike.
  ['github.com/acme/shop/cart.Total', '/app/basket/cart.go', null],
  ['github.com/acme/shop-tools/x.F', 'github.com/acme/shop-tools/x/x.go', null],
  ['main.main', '/home/dev/elsewhere/main.go', null],
  ['example.com/lib.F', '/app/lib/x.go', null],
  // The module cache: tag, commit, folder of a module in its repository, capital letters, major versions.
  [
    'github.com/klauspost/compress/zstd.Encode',
    '/go/pkg/mod/github.com/klauspost/compress@v1.17.4/zstd/encoder.go',
    'https://github.com/klauspost/compress/blob/v1.17.4/zstd/encoder.go#L12',
  ],
  [
    'github.com/redis/go-redis/v9.(*Client).Get',
    'github.com/redis/go-redis/v9@v9.3.0/commands.go',
    'https://github.com/redis/go-redis/blob/v9.3.0/commands.go#L12',
  ],
  [
    'github.com/aws/aws-sdk-go-v2/service/s3.F',
    'github.com/aws/aws-sdk-go-v2/service/s3@v1.47.5/api_client.go',
    'https://github.com/aws/aws-sdk-go-v2/blob/service/s3/v1.47.5/service/s3/api_client.go#L12',
  ],
  [
    'github.com/Azure/azure-sdk-for-go/sdk/azcore.F',
    '/go/pkg/mod/github.com/!azure/azure-sdk-for-go/sdk/azcore@v1.9.0/x.go',
    'https://github.com/Azure/azure-sdk-for-go/blob/sdk/azcore/v1.9.0/sdk/azcore/x.go#L12',
  ],
  [
    'github.com/docker/docker/client.F',
    'github.com/docker/docker@v24.0.7+incompatible/client/client.go',
    'https://github.com/docker/docker/blob/v24.0.7/client/client.go#L12',
  ],
  [
    'github.com/grafana/jfr-parser/parser.F',
    'github.com/grafana/jfr-parser@v0.0.0-20231115123456-0123456789ab/parser/p.go',
    'https://github.com/grafana/jfr-parser/blob/0123456789ab/parser/p.go#L12',
  ],
  // A replaced module: its functions keep the old name, its files lie in the new module.
  [
    'github.com/old/lib.F',
    '/go/pkg/mod/github.com/acme/lib-fork@v1.2.3/x.go',
    'https://github.com/acme/lib-fork/blob/v1.2.3/x.go#L12',
  ],
  // Replaced by a folder of the repository.
  ['github.com/acme/shop/lib.F', '/src/lib/x.go', `${BLOB}/lib/x.go#L12`],
  [
    'golang.org/x/net/http2.F',
    '/go/pkg/mod/golang.org/x/net@v0.19.0/http2/server.go',
    'https://github.com/golang/net/blob/v0.19.0/http2/server.go#L12',
  ],
  [
    'golang.org/x/tools/gopls/internal.F',
    'golang.org/x/tools/gopls@v0.14.2/internal/x.go',
    'https://github.com/golang/tools/blob/gopls/v0.14.2/gopls/internal/x.go#L12',
  ],
  [
    'gopkg.in/yaml.v3.F',
    'gopkg.in/yaml.v3@v3.0.1/decode.go',
    'https://github.com/go-yaml/yaml/blob/v3.0.1/decode.go#L12',
  ],
  [
    'gopkg.in/natefinch/lumberjack.v2.F',
    'gopkg.in/natefinch/lumberjack.v2@v2.2.1/lumberjack.go',
    'https://github.com/natefinch/lumberjack/blob/v2.2.1/lumberjack.go#L12',
  ],
  [
    'go.uber.org/zap.F',
    'go.uber.org/zap@v1.26.0/logger.go',
    'https://github.com/uber-go/zap/blob/v1.26.0/logger.go#L12',
  ],
  [
    'google.golang.org/grpc.F',
    'google.golang.org/grpc@v1.60.0/server.go',
    'https://github.com/grpc/grpc-go/blob/v1.60.0/server.go#L12',
  ],
  [
    'go.opentelemetry.io/otel/sdk/trace.F',
    'go.opentelemetry.io/otel/sdk@v1.21.0/trace/span.go',
    'https://github.com/open-telemetry/opentelemetry-go/blob/sdk/v1.21.0/sdk/trace/span.go#L12',
  ],
  [
    'go.etcd.io/etcd/client/v3.F',
    'go.etcd.io/etcd/client/v3@v3.5.11/client.go',
    'https://github.com/etcd-io/etcd/blob/client/v3.5.11/client/client.go#L12',
  ],
  [
    'k8s.io/klog/v2.F',
    'k8s.io/klog/v2@v2.110.1/klog.go',
    'https://github.com/kubernetes/klog/blob/v2.110.1/klog.go#L12',
  ],
  ['gitlab.com/a/b.F', 'gitlab.com/a/b@v1.0.0/x.go', 'https://gitlab.com/a/b/-/blob/v1.0.0/x.go#L12'],
  // It is not known where the repository ends, nor whose a domain is.
  ['gitlab.com/a/b/c.F', 'gitlab.com/a/b/c@v1.0.0/x.go', null],
  ['corp.example/lib.F', '/go/pkg/mod/corp.example/lib@v1.0.0/x.go', null],
  // Vendored modules lie in the repository itself; cut by -trimpath they have no version.
  [
    'github.com/klauspost/compress.F',
    '/app/vendor/github.com/klauspost/compress/x.go',
    `${BLOB}/vendor/github.com/klauspost/compress/x.go#L12`,
  ],
  [
    'github.com/klauspost/compress.F',
    '/go/src/github.com/acme/shop/vendor/github.com/klauspost/compress/x.go',
    `${BLOB}/vendor/github.com/klauspost/compress/x.go#L12`,
  ],
  ['github.com/klauspost/compress.F', 'github.com/klauspost/compress/x.go', null],
  // The standard library, where the path says of which version.
  [
    'runtime.mallocgc',
    '/root/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.3.linux-amd64/src/runtime/malloc.go',
    'https://github.com/golang/go/blob/go1.22.3/src/runtime/malloc.go#L12',
  ],
  [
    'runtime.gcStart',
    '/opt/hostedtoolcache/go/1.21.6/x64/src/runtime/mgc.go',
    'https://github.com/golang/go/blob/go1.21.6/src/runtime/mgc.go#L12',
  ],
  [
    'net/http.(*conn).serve',
    '/nix/store/abc-go-1.22.1/share/go/src/net/http/server.go',
    'https://github.com/golang/go/blob/go1.22.1/src/net/http/server.go#L12',
  ],
  ['net/http.(*conn).serve', '/usr/local/go/src/net/http/server.go', null],
  ['net/http.(*conn).serve', 'net/http/server.go', null],
];

const OTHERS: readonly Row[] = [
  // Node
  ['total', '/usr/src/app/src/cart.ts', `${BLOB}/src/cart.ts#L12`],
  ['total', 'file:///app/src/cart.mjs', `${BLOB}/src/cart.mjs#L12`],
  ['total', './src/cart.js', `${BLOB}/src/cart.js#L12`],
  ['total', '/app/dist/cart.js', null],
  ['parse', '/app/node_modules/qs/lib/parse.js', null],
  ['parse', '/app/node_modules/.pnpm/qs@6.11.0/node_modules/qs/lib/parse.js', null],
  ['readFile', 'node:fs', null],
  ['total', 'webpack:///./src/cart.js', null],
  // Python
  ['total', '/app/shop/cart.py', `${BLOB}/shop/cart.py#L12`],
  ['total', 'shop/cart.py', `${BLOB}/shop/cart.py#L12`],
  ['total', 'main.py', `${BLOB}/main.py#L12`],
  ['send', 'httplike/sessions.py', null],
  ['send', '/usr/local/lib/python3.11/site-packages/requests/sessions.py', null],
  [
    'decode',
    '/usr/local/lib/python3.11/json/decoder.py',
    'https://github.com/python/cpython/blob/3.11/Lib/json/decoder.py#L12',
  ],
  ['_find', '<frozen importlib._bootstrap>', null],
  // Java
  ['com/acme/shop/Cart.total', 'Cart.java', `${BLOB}/src/main/java/com/acme/shop/Cart.java#L12`],
  ['com.acme.orders.Orders$Line.price', 'Orders.kt', `${BLOB}/src/main/kotlin/com/acme/orders/Orders.kt#L12`],
  ['com/other/lib/Thing.run', 'Thing.java', null],
  ['java/util/HashMap.put', 'HashMap.java', null],
  // Rust
  ['shop::cart::total', 'src/cart.rs', `${BLOB}/src/cart.rs#L12`],
  ['shop::cart::total', '/usr/src/app/crates/cart/src/lib.rs', `${BLOB}/crates/cart/src/lib.rs#L12`],
  [
    'tokio::runtime::park',
    '/usr/local/cargo/registry/src/index.crates.io-6f17d22bba15001f/tokio-1.35.1/src/runtime/park.rs',
    'https://docs.rs/crate/tokio/1.35.1/source/src/runtime/park.rs#L12',
  ],
  // The registry of a company: docs.rs shows another crate of that name, if any.
  [
    'billing::run',
    '/root/.cargo/registry/src/crates.acme.dev-0123456789abcdef/billing-1.0.0/src/lib.rs',
    null,
  ],
  [
    'core::iter::next',
    `/rustc/${REF}/library/core/src/iter.rs`,
    `https://github.com/rust-lang/rust/blob/${REF}/library/core/src/iter.rs#L12`,
  ],
  ['shop::proto', '/app/target/release/build/shop-0123456789abcdef/out/proto.rs', null],
  // .NET
  ['Shop.Cart!Cart.Total', '/_/src/Cart/Cart.cs', `${BLOB}/src/Cart/Cart.cs#L12`],
  ['Dapperish!SqlMapper.Query', '/_/Dapperish/SqlMapper.cs', null],
  ['Shop.Cart!Cart.Total', 'C:\\build\\acme\\shop\\src\\Cart.cs', `${BLOB}/src/Cart.cs#L12`],
  ['System.String.Concat', '/_/src/libraries/String.cs', null],
  ['Shop.Cart!Regex1.Run', '/src/obj/Release/net8.0/Regex.g.cs', null],
  // Ruby, PHP, C++
  ['total', '/app/app/models/cart.rb', `${BLOB}/app/models/cart.rb#L12`],
  ['call', '/usr/local/bundle/gems/rack-3.0.8/lib/rack.rb', null],
  ['App\\Cart::total', '/var/www/html/src/Cart.php', `${BLOB}/src/Cart.php#L12`],
  ['App\\Cart::total', '/var/www/html/vendor/acme/x/Cart.php', null],
  ['shop::Cart::total', '/src/cart/cart.cc', `${BLOB}/cart/cart.cc#L12`],
  ['malloc', '/usr/src/glibc/malloc/malloc.c', null],
  // Code that a program wrote, and what is no file.
  ['github.com/acme/shop/api.F', 'github.com/acme/shop/api/cart.pb.go', null],
  ['github.com/acme/shop/cart.F', '<autogenerated>', null],
  ['cart_pb2.F', '/app/shop/cart_pb2.py', null],
  ['main._cgo', '_cgo_gotypes.go', null],
  ['main.main', '', null],
  ['[libc.so.6] 0x1234', '', null],
];

describe('the line of a frame', () => {
  test.each([...GO, ...OTHERS])('%s in %s', (name, file, url) => {
    expect(link(name, file)).toBe(url);
  });

  test('the table is large enough', () => expect(GO.length + OTHERS.length).toBeGreaterThan(40));

  test.each([
    // Folder of the service in a repository of many.
    [
      'github.com/acme/mono/services/cart/x.F',
      'github.com/acme/mono/services/cart/x/x.go',
      'services/cart/x/x.go',
    ],
    ['main.main', '/src/services/cart/main.go', 'services/cart/main.go'],
    ['total', '/app/cart.py', 'services/cart/cart.py'],
    ['total', 'src/cart.js', 'services/cart/src/cart.js'],
    ['total', 'services/cart/src/cart.js', 'services/cart/src/cart.js'],
    ['total', 'cart/totals.py', 'services/cart/cart/totals.py'],
    ['com/acme/Cart.total', 'Cart.java', 'services/cart/src/main/java/com/acme/Cart.java'],
    ['github.com/x/y.F', '/app/vendor/github.com/x/y/y.go', 'services/cart/vendor/github.com/x/y/y.go'],
  ])('%s in %s below the folder of the service', (name, file, path) => {
    const mono = place('https://github.com/acme/mono', 'services/cart');
    expect(link(name, file, mono)).toBe(`https://github.com/acme/mono/blob/${REF}/${path}#L12`);
  });

  test('without a commit only libraries have a line', () => {
    const unknown = place(undefined, '', null);
    expect(link('main.main', 'github.com/acme/shop/main.go', unknown)).toBeNull();
    expect(link('go.uber.org/zap.F', 'go.uber.org/zap@v1.26.0/logger.go', unknown)).toContain('uber-go/zap');
  });

  test('without a line the link leads to the file', () => {
    for (const line of [null, 0, -1]) {
      const found = locateLine({ function: 'a', file: '/app/a.py', line }, place());
      expect(found === null ? null : writeLineUrl(found)).toBe(`${BLOB}/a.py`);
    }
  });
});

describe('the folder in which a Go program was built', () => {
  const frame = (name: string, file: string) => ({ function: name, file, line: 1 });

  test('is told by packages whose files lie in it', () => {
    const frames = [
      frame('github.com/acme/shop/cart.Total', '/tmp/x1/cart/cart.go'),
      frame('github.com/acme/shop.Run', '/tmp/x1/run.go'),
      frame('go.uber.org/zap.F', '/go/pkg/mod/go.uber.org/zap@v1.26.0/logger.go'),
      frame('main.main', '/tmp/x1/cmd/main.go'),
    ];
    expect(findBuildFolder(frames, place())).toBe('/tmp/x1');
    expect(link('main.main', '/tmp/x1/cmd/main.go', place(), '/tmp/x1')).toBe(`${BLOB}/cmd/main.go#L12`);
    expect(link('main.main', '/tmp/x2/cmd/main.go', place(), '/tmp/x1')).toBeNull();
  });

  test('is not known where packages disagree, or none tells it', () => {
    const frames = [
      frame('github.com/acme/shop/cart.Total', '/tmp/x1/cart/cart.go'),
      frame('github.com/acme/shop/price.Of', '/tmp/x2/price/price.go'),
    ];
    expect(findBuildFolder(frames, place())).toBeNull();
    expect(findBuildFolder([frame('main.main', '/tmp/x1/main.go')], place())).toBeNull();
  });
});

describe('no link is made from an unsafe name', () => {
  test.each([
    '/app/../../etc/passwd.py',
    '/app/./x.py',
    '/app//x.py',
    '/app/ /x.py',
    '../x.py',
    '/app/a\nb.py',
    '/app/a\u202eb.py',
    '/app/a\u200bb.py',
    '/app/\ud800.py',
    `/app/${'x'.repeat(700)}.py`,
    'github.com/acme/shop/../../x.go',
    'github.com/acme/shop@v1.0.0/../../../evil/x.go',
    '/go/pkg/mod/github.com/../..@v1.0.0/x.go',
    'gopkg.in/..v3@v3.0.0/x.go',
    '/x/registry/src/index.crates.io-6f17d22bba15001f/../-1.0.0/src/x.rs',
  ])('%j', (file) => {
    expect(link('total', file)).toBeNull();
  });

  test.each([
    ['/app/a b.py', 'a%20b.py'],
    ['/app/a#b?c.py', 'a%23b%3Fc.py'],
    ['/app/a%2e%2e.py', 'a%252e%252e.py'],
    ['/app/(x)/[id].ts', '%28x%29/%5Bid%5D.ts'],
    ['/app/"><script>.py', '%22%3E%3Cscript%3E.py'],
    ['/app/javascript:x.py', 'javascript%3Ax.py'],
    ['/app/ä.py', '%C3%A4.py'],
  ])('%s is escaped', (file, path) => {
    expect(link('total', file)).toBe(`${BLOB}/${path}#L12`);
  });
});
