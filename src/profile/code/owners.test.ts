import { describe, expect, test } from 'vitest';
import type { FunctionInfo } from '../model.js';
import type { FrameOwner } from './frames.js';
import { ownersOf } from './owners.js';

/** `name`, `name @ file` or `name @ file @ binary`, each with the owner that is right. */
function owners(rows: Readonly<Record<string, FrameOwner>>) {
  const functions = Object.keys(rows).map((row): FunctionInfo => {
    const [name = '', file = '', binary = ''] = row.split(' @ ');
    return { name, file, startLine: 0, symbolised: true, ...(binary === '' ? {} : { binary }) };
  });
  const owned = ownersOf({ functions });
  return Object.fromEntries(Object.keys(rows).map((row, at) => [row, owned[at]]));
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
