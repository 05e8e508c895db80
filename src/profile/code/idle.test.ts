import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../../test/support/ask.js';
import { buildProfile, listStacks } from '../../../test/support/profiles.js';
import { totalValue } from '../model.js';
import { decodePprof, pprofToProfile } from '../pprof/pprof.js';
import { isIdleFrame, splitIdle } from './idle.js';

const isIdle = (name: string, file: string, leaf = true) =>
  isIdleFrame({ name, file, startLine: 0, isSymbolised: true }, leaf);

describe('isIdleFrame', () => {
  test.each([
    ['(idle)', ''],
    ['uv__io_poll', ''],
    ['epoll_wait', ''],
    ['__GI___poll', ''],
    ['__futex_abstimed_wait_common64', '/build/glibc/nptl/futex-internal.c'],
    ['pthread_cond_wait@@GLIBC_2.3.2', ''],
    ['libc.so.6.pthread_cond_timedwait', ''],
    ['__GI___clock_nanosleep', '../sysdeps/unix/sysv/linux/clock_nanosleep.c'],
    ['ep_poll', ''],
    ['schedule_hrtimeout_range_clock', ''],
    ['jdk/internal/misc/Unsafe.park', ''],
    ['jdk.internal.misc.Unsafe.park', 'Unsafe.java'],
    ['sun.misc.Unsafe.park', 'Unsafe.java'],
    ['java/lang/Object.wait', ''],
    ['java/lang/Object.wait0', ''],
    ['java/lang/Thread.sleep', ''],
    ['java/lang/Thread.sleepNanos0', ''],
    ['sun/nio/ch/EPoll.wait', ''],
    ['sun/nio/ch/EPollArrayWrapper.epollWait', ''],
    ['io/netty/channel/epoll/Native.epollWait', ''],
    ['io/netty/channel/epoll/Native.epollWait0', ''],
    ['sun/nio/ch/KQueue.poll', ''],
    ['sun/nio/ch/Net.accept', ''],
    ['sun/nio/ch/ServerSocketChannelImpl.accept0', ''],
    ['java/net/PlainSocketImpl.socketAccept', ''],
    ['java/net/ServerSocket.implAccept', ''],
    ['java.net.ServerSocket.accept', 'ServerSocket.java'],
    ['java/net/AbstractPlainSocketImpl.accept', ''],
    ['libc.so.6.__libc_accept', ''],
    ['libc-2.31.so.accept4', ''],
    ['__libc_accept', ''],
    ['inet_csk_accept', ''],
    ['__x64_sys_accept4', ''],
    ['libpthread.so.0.sem_wait', ''],
    ['runtime.chanrecv1', 'runtime/chan.go'],
    ['runtime.selectgo', 'runtime/select.go'],
    ['sync.runtime_SemacquireMutex', 'runtime/sema.go'],
    ['net.(*netFD).accept', 'net/fd_unix.go'],
    ['syscall.accept4', 'syscall/zsyscall.go'],
    ['UNIXServer#accept', ''],
    ['libnet.so.NET_Accept', ''],
    ['Java_sun_nio_ch_Net_accept', ''],
    ['System.Net.Sockets!Socket.Accept', ''],
    ['std::net::tcp::TcpListener::accept', 'library/std/src/net/tcp.rs'],
    ['stream_socket_accept', ''],
    ['runtime.gopark', 'runtime/proc.go'],
    ['runtime.netpollblock', 'runtime/netpoll.go'],
    ['time.Sleep', 'runtime/time.go'],
    ['select', '/usr/lib/python3.12/selectors.py'],
    ['wait', 'threading.py'],
    ['Condition.wait', '/opt/conda/lib/python3.11/threading.py'],
    ['EpollSelector.select', '/usr/local/lib/python3.12/selectors.py'],
    ['_wait_for_tstate_lock', 'threading.py'],
    ['Queue.get', 'queue.py'],
    ['_ConnectionBase._recv_bytes', '/usr/lib/python3.11/multiprocessing/connection.py'],
    ['accept', 'socket.py'],
    ['wait', '/venv/lib/python3.12/site-packages/gunicorn/workers/sync.py'],
    ['_worker', 'concurrent/futures/thread.py'],
    ['run', '/usr/lib/python3.12/asyncio/runners.py'],
    ['Runner.run', '/usr/lib/python3.12/asyncio/runners.py'],
    ['Hub.run', '/venv/lib/python3.12/site-packages/gevent/hub.py'],
    ['Kernel#sleep', '<internal:kernel>'],
    ['Thread::ConditionVariable#wait', '<internal:thread_sync>'],
    ['Thread::Queue#pop', '<internal:thread_sync>'],
    ['sleep [c function]', '(unknown)'],
    ['System.Threading!WaitHandle.WaitOneNoCheck', ''],
    ['System.Threading!LowLevelLifoSemaphore.WaitForSignal', ''],
    ['System.Threading.Thread.Sleep', ''],
    ['System.Net.Sockets!Interop.Sys.WaitForSocketEvents', ''],
  ])('%s in %j waits for work', (name, file) => {
    expect(isIdle(name, file)).toBe(true);
  });

  test.each([
    ['idle', '/srv/app/server.js'],
    ['(program)', ''],
    ['(garbage collector)', ''],
    ['poll', '/srv/app/jobs/poll.js'],
    ['select', '/srv/app/query.js'],
    ['accept', 'orders/views.py'],
    ['get', 'orders/cache.py'],
    ['OrderQueue.get', 'orders/queue.py'],
    ['Connection.wait', 'orders/connection.py'],
    ['get', 'requests/api.py'],
    ['wait', '/srv/app/storefront/lib/catalogue.js'],
    ['sleep', 'orders/retry.py'],
    ['com/northwind/orders/Worker.park', ''],
    ['sun/nio/ch/Net.poll', ''],
    ['sun/nio/ch/NioSocketImpl.implRead', ''],
    ['java/lang/Thread.run', ''],
    ['runtime.mallocgc', 'runtime/malloc.go'],
    ['runtime.futex', 'runtime/sys_linux_amd64.s'],
    ['northwind.dev/jobs.Sleep', 'northwind.dev/jobs/jobs.go'],
    ['System.Threading.Tasks!Task.InnerInvoke', ''],
    ['Northwind.Orders!Queue.WaitForOrder', ''],
    ['recvfrom', ''],
    // Code of a team may accept things, too; and a channel's functions also move data.
    ['com/acme/shop/Orders.accept', ''],
    ['com/acme/net/ServerSocketFactory.create', ''],
    ['acme.dev/orders.(*Desk).accept', 'acme.dev/orders/desk.go'],
    ['acme::orders::accept', 'src/orders.rs'],
    ['Orders#accept', 'app/models/order.rb'],
    ['Acme.Orders!Desk.Accept', ''],
    ['runtime.chanlen', 'runtime/chan.go'],
    ['java/net/Socket.connect', ''],
    ['sync.(*Pool).Get', 'sync/pool.go'],
  ])('%s in %j does not', (name, file) => {
    expect(isIdle(name, file)).toBe(false);
  });

  test('a function that also runs work waits only where it is the leaf', () => {
    expect(isIdle('_worker', 'concurrent/futures/thread.py', false)).toBe(false);
    expect(isIdle('Runner.run', 'asyncio/runners.py', false)).toBe(false);
    expect(isIdle('runtime.chanrecv', 'runtime/chan.go', false)).toBe(false);
    expect(isIdle('epoll_wait', '', false)).toBe(true);
  });
});

describe('splitIdle', () => {
  const select = { name: 'select', file: 'selectors.py' };
  const worker = { name: '_worker', file: 'concurrent/futures/thread.py' };

  test('sets apart the stacks that end in an idle frame or a few frames below one', () => {
    const { active, idle } = splitIdle(
      buildProfile(
        [['main', 'serve_forever', select], 90],
        [['main', 'serve_forever', select, 'native_poll', 'syscall'], 5],
        [['main', 'handle', 'render'], 4],
        [['main', worker], 50],
        [['main', worker, 'work'], 1],
      ),
    );
    expect(idle).toBe(145);
    expect(listStacks(active)).toEqual([
      [['main', 'handle', 'render'], 4],
      [['main', '_worker', 'work'], 1],
    ]);
  });

  test('keeps a stack whose idle frame lies far above its leaf', () => {
    const deep = buildProfile([['main', select, 'a', 'b', 'c', 'd'], 7]);
    expect(splitIdle(deep)).toEqual({ active: deep, idle: 0 });
  });

  test('parts a real wall-clock profile without losing anything', () => {
    const file = fixture(
      'incidents/16-storefront-latency/profiles/i00-storefront-bff-7d9f4-m4qzt-wall.pb.gz',
    );
    const profile = pprofToProfile(decodePprof(gunzipSync(readFileSync(file))), 1);
    const { active, idle } = splitIdle(profile);
    expect(idle).toBe(3_410_558_000);
    expect(totalValue(active) + idle).toBe(totalValue(profile));
  });
});
