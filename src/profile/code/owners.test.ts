import { describe, expect, test } from 'vitest';
import type { FunctionInfo, Repository } from '../model.js';
import type { FrameOwner } from './frames.js';
import { listOwners, listOwnerships } from './owners.js';

/** A function from `name`, `name @ file` or `name @ file @ binary`. */
function functionFrom(row: string): FunctionInfo {
  const [name = '', file = '', binary = ''] = row.split(' @ ');
  return { name, file, startLine: 0, isSymbolised: true, ...(binary === '' ? {} : { binary }) };
}

function owners(rows: Readonly<Record<string, FrameOwner>>) {
  const told = listOwners({ functions: Object.keys(rows).map(functionFrom) });
  return Object.fromEntries(Object.keys(rows).map((row, at) => [row, told[at]]));
}

/** Owner of each row; a guess has a question mark. */
function ownerships(rows: readonly string[], repositories: readonly Repository[] = []) {
  const ownCode = { patterns: [], repositories };
  const told = listOwnerships({ functions: rows.map(functionFrom), ownCode });
  return rows.map((_, at) => `${told[at]?.owner}${told[at]?.isGuess === true ? '?' : ''}`);
}

describe('what a profile as a whole tells of its functions', () => {
  test.each<[string, Record<string, FrameOwner>]>([
    [
      'the package of the main class',
      {
        'com/acme/shop/App.main': 'application',
        'com/acme/pricing/Quote.of': 'application',
        'com/unknownvendor/lib/Parser.parse': 'library',
        'java/util/HashMap.get': 'runtime',
      },
    ],
    [
      'a launcher of a library is no entry point of the team',
      { 'org/springframework/boot/loader/JarLauncher.main': 'library', 'com/acme/Quote.of': 'application' },
    ],
    [
      'the crate of main, where files are base names',
      {
        'shipping::main @ main.rs': 'application',
        'shipping::route::plan @ route.rs': 'application',
        'regex::regex::string::Regex::captures @ string.rs': 'library',
        '<u32>::abs_diff @ uint_macros.rs': 'runtime',
        '<A as core::slice::cmp::SlicePartialEq<B>>::equal @ cmp.rs': 'runtime',
        '__GI___clock_gettime @ clock_gettime.c': 'runtime',
        '_int_malloc @ malloc.c': 'runtime',
      },
    ],
    [
      'a crate of the team that is called like a known library',
      { 'time::main @ main.rs': 'library', 'clock::main @ main.rs': 'application' },
    ],
    [
      'PHP: namespaces, and what has no file where others have one',
      {
        'App\\Cart::save @ /srv/app/src/Cart.php': 'application',
        'Doctrine\\ORM\\UnitOfWork::commit @ /srv/app/vendor/doctrine/orm/UnitOfWork.php': 'library',
        'PDOStatement::execute': 'runtime',
        strlen: 'runtime',
      },
    ],
    [
      'PHP without any file',
      {
        'App\\Cart::save': 'application',
        'Symfony\\Component\\HttpKernel\\Kernel::handle': 'library',
        'Legacy::run': 'application',
        'PDO::query': 'runtime',
        '{closure:/srv/app/Cart.php(24)}': 'application',
        '{closure:/srv/app/vendor/x/y.php(24)}': 'library',
        '/srv/app/index.php': 'application',
      },
    ],
    [
      'the binary that holds a function',
      {
        'parse_order @  @ /app/orderd': 'application',
        'malloc @  @ /app/orderd': 'runtime',
        '__libc_start_main @  @ /app/orderd': 'runtime',
        'deflate @  @ /usr/lib/x86_64-linux-gnu/libz.so.1': 'library',
        'memmove_erms @  @ /usr/lib/x86_64-linux-gnu/libc-2.31.so': 'runtime',
        'JVM_Sleep @  @ /usr/lib/jvm/lib/server/libjvm.so': 'runtime',
        'uv_run @  @ /usr/local/bin/node': 'runtime',
      },
    ],
    [
      'an inlined library function in the package of the team (Go)',
      {
        'main.main @ git.acme.dev/shop/cmd/shop/main.go': 'application',
        'git.acme.dev/shop/api.(*Server).Handler.(*Cors).Handler.func1 @ github.com/rs/cors@v1.10.1/cors.go':
          'library',
        'git.acme.dev/shop/api.(*Server).Handler.(*Cors).Handler.func2 @ github.com/rs/cors/cors.go':
          'library',
        'git.acme.dev/shop/api.(*Server).Handler.(*Cors).Handler.func3 @ /src/shop/vendor/github.com/rs/cors/cors.go':
          'library',
        'git.acme.dev/shop/api.(*Server).search @ git.acme.dev/shop/api/api.go': 'application',
      },
    ],
    [
      'native libraries and stubs below a JVM',
      {
        'libpthread-2.31.so.start_thread': 'runtime',
        'libc-2.31.so.__memmove_avx_unaligned': 'runtime',
        './tmp/snappy-1.1.8-0000-libsnappyjava.so': 'library',
        './usr/lib/jvm/java-17/bin/java': 'runtime',
        '.vtable stub': 'runtime',
      },
    ],
    [
      "Node's own states, and its perf map",
      {
        ':Node.js:0': 'runtime',
        ':Garbage Collection:0': 'runtime',
        Builtins_InterpreterEntryTrampoline: 'runtime',
        'LazyCompile:*quote /app/src/price.js:12 @ /app/src/price.js': 'application',
        'JS:*parse /app/node_modules/qs/lib/parse.js:20:5 @ /app/node_modules/qs/lib/parse.js': 'library',
      },
    ],
  ])('%s', (_, rows) => {
    expect(owners(rows)).toEqual(rows);
  });
});

describe('guesses', () => {
  test.each<[string, Record<string, string>]>([
    [
      'a path tells',
      { 'Cart.total @ /srv/app/cart.py': 'application', 'get @ /v/site-packages/x/y.py': 'library' },
    ],
    [
      'names that no list holds, of two beginnings',
      {
        'com/acme/Cart.total': 'application?',
        'com/unknownvendor/Parser.parse': 'application?',
        'org/hibernate/Session.flush': 'library?',
        'java/util/HashMap.get': 'runtime',
      },
    ],
    [
      'names that no list holds, of one beginning',
      {
        'com/acme/Cart.total': 'application',
        'com/acme/Price.of': 'application',
        'io/netty/Loop.run': 'library?',
      },
    ],
    [
      'Go with -trimpath: files of dependencies carry a version',
      {
        'github.com/prometheus/prometheus/tsdb.(*Head).Append @ github.com/prometheus/prometheus/tsdb/head.go':
          'application',
        'github.com/oklog/run.(*Group).Run @ github.com/oklog/run@v1.1.0/group.go': 'library',
      },
    ],
    [
      'Go with -trimpath and vendored modules',
      {
        'git.acme.dev/shop.Run @ git.acme.dev/shop/run.go': 'application?',
        'git.other.dev/kit.Do @ git.other.dev/kit/do.go': 'application?',
        'github.com/prometheus/client.Inc @ github.com/prometheus/client/inc.go': 'library?',
      },
    ],
    [
      '.NET: the assembly of the entry point',
      {
        'Shop.Api!Program.<Main>$': 'application',
        'Shop.Orders!Cart.Total': 'application',
        'Odd!A.B': 'application?',
      },
    ],
    [
      'Python: packages whose path was cut',
      {
        'scan @ rules/zones.py': 'application?',
        'get @ oddlib/api.py': 'application?',
        'main @ app.py': 'application',
      },
    ],
    [
      'Rust: files of the workspace are relative, base names tell nothing',
      {
        'shop::quote @ src/lib.rs': 'application',
        'a::b @ lib.rs': 'application?',
        'c::d @ mod.rs': 'application?',
      },
    ],
  ])('%s', (_, rows) => {
    expect(ownerships(Object.keys(rows))).toEqual(Object.values(rows));
  });
});

describe('the repository that labels name', () => {
  const rows = [
    'github.com/prometheus/shop.Run @ github.com/prometheus/shop/run.go',
    'github.com/prometheus/shopkit.Do @ github.com/prometheus/shopkit/do.go',
    'scan @ services/cart/zones.py',
    'get @ oddlib/api.py',
    'get @ /srv/services/cart/.venv/lib/site-packages/requests/api.py',
    'json.loads @ json/decoder.py',
  ];

  test('its Go module and files below the folder of the service are own code, known dependencies are not', () => {
    const repositories = [{ module: 'github.com/prometheus/shop', root: 'services/cart' }];
    expect(ownerships(rows, repositories)).toEqual([
      ...['application', 'library?', 'application'],
      ...['application?', 'library', 'runtime'],
    ]);
  });

  test('without it they are guesses', () => {
    expect(ownerships(rows)).toEqual([
      ...['library?', 'library?', 'application?'],
      ...['application?', 'library', 'runtime'],
    ]);
  });
});

test('a crate that wraps a C library builds it below the folder of the program', () => {
  const build = '/srv/app/target/release/build';
  const rows: Record<string, FrameOwner> = {
    [`prof_backtrace_impl @ ${build}/tikv-jemalloc-sys-1f464f458ab96dda/out/build/src/prof_sys.c`]: 'runtime',
    [`compressBlock @ ${build}/zstd-sys-1f464f458ab96dda/out/lib/compress.c`]: 'library',
    [`shop::proto::decode @ ${build}/shop-1f464f458ab96dda/out/shop.rs`]: 'application',
    // The shim that the compiler writes where a program names its allocator.
    '__rustc::__rust_alloc @ /srv/app/src/heap.rs': 'runtime',
  };
  expect(owners(rows)).toEqual(rows);
});
