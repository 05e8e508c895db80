import { describe, expect, test } from 'vitest';
import { waitKind } from './wait-kind.js';

describe('waitKind', () => {
  test.each<[string, string | null]>([
    ['runtime.gopark runtime.chanrecv runtime.chanrecv2 shop.(*Logger).run', 'channel receive'],
    ['runtime.gopark runtime.chansend runtime.chansend1 shop.send', 'channel send'],
    ['runtime.gopark runtime.selectgo shop.loop', 'select'],
    ['runtime.gopark runtime.block shop.forever', 'select'],
    ['runtime.gopark runtime.goparkunlock runtime.semacquire1 sync.runtime_SemacquireMutex', 'mutex'],
    [
      'runtime.gopark runtime.semacquire1 internal/sync.runtime_SemacquireMutex internal/sync.(*Mutex).lockSlow',
      'mutex',
    ],
    ['runtime.gopark runtime.semacquire1 sync.runtime_SemacquireRWMutexR sync.(*RWMutex).RLock', 'mutex'],
    ['sync.(*Mutex).Lock shop.update', 'mutex'],
    [
      'runtime.gopark runtime.semacquire1 sync.runtime_Semacquire sync.(*WaitGroup).Wait shop.all',
      'WaitGroup',
    ],
    [
      'runtime.gopark runtime.semacquire1 sync.runtime_SemacquireWaitGroup sync.(*WaitGroup).Wait',
      'WaitGroup',
    ],
    ['runtime.gopark sync.runtime_notifyListWait sync.(*Cond).Wait', 'condition (sync.Cond)'],
    [
      'runtime.gopark runtime.netpollblock internal/poll.runtime_pollWait net.(*conn).Read',
      'network or file I/O',
    ],
    ['internal/poll.(*FD).Read os.(*File).Read', 'network or file I/O'],
    ['runtime.gopark time.Sleep shop.poll', 'sleep'],
    ['syscall.Syscall6 shop.read', 'system call'],
    ['runtime.gopark runtime.semacquire1 shop.odd', 'semaphore'],
    ['runtime.gopark shop.odd runtime.chanrecv', null],
    ['shop.busy runtime.chanrecv', null],
    ['', null],
  ])('%s: %s', (names, kind) => {
    expect(waitKind(names.split(' '))).toBe(kind);
  });
});
