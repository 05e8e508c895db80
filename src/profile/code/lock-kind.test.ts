import { expect, test } from 'vitest';
import { pprofBytes } from '../../../test/support/profiles.js';
import { decodePprof } from '../pprof/pprof.js';
import { detectLockKind, isLockCall } from './lock-kind.js';

/** A profile of contentions with these stacks, each with its leaf last. */
function contentions(...stacks: string[]) {
  return decodePprof(
    pprofBytes({
      types: ['contentions/count', 'delay/nanoseconds'],
      stacks: stacks.map((frames) => ({ frames: frames.split(' '), values: [1, 1000] })),
    }),
  );
}

test.each([
  ['main.loop runtime.chanrecv1', 'block'],
  ['main.loop runtime.chanrecv2', 'block'],
  ['main.loop runtime.chansend1', 'block'],
  ['main.loop runtime.selectgo', 'block'],
  ['main.get sync.(*Mutex).Lock', 'block'],
  ['main.get internal/sync.(*Mutex).lockSlow', 'block'],
  ['main.get sync.(*RWMutex).RLock', 'block'],
  ['main.wait sync.(*WaitGroup).Wait', 'block'],
  ['main.wait sync.(*Cond).Wait', 'block'],
  ['main.put sync.(*Mutex).Unlock', 'mutex'],
  ['main.put sync.(*RWMutex).RUnlock', 'mutex'],
  ['main.put sync.(*Mutex).Unlock internal/sync.(*Mutex).unlockSlow', 'mutex'],
  ['main.put runtime.unlock', 'mutex'],
  ['main.put runtime._LostContendedRuntimeLock', 'mutex'],
  // Who unlocks far above the leaf says nothing.
  ['sync.(*Mutex).Unlock main.a main.b', null],
  ['com.acme.Cart.total', null],
])('%s: %s', (stack, kind) => {
  expect(detectLockKind(contentions(stack))).toBe(kind);
});

test('most of the stacks decide', () => {
  const unlock = 'main.a sync.(*Mutex).Unlock';
  const receive = 'main.b runtime.chanrecv1';
  expect(detectLockKind(contentions(unlock, receive, receive))).toBe('block');
  expect(detectLockKind(contentions(unlock, unlock, receive))).toBe('mutex');
  expect(detectLockKind(contentions(unlock, receive))).toBeNull();
});

test.each([
  ['github.com/sirupsen/logrus.(*MutexWrap).Unlock', true],
  ['sync.(*RWMutex).RLock', true],
  ['sync.(*Mutex).TryLock', true],
  ['example.org/x/guard.lock', true],
  ['java/util/concurrent/locks/ReentrantLock.unlock', true],
  ['Lock', true],
  ['example.org/x/store.(*Block).Read', false],
  ['example.org/x/store.(*Door).Block', false],
  ['example.org/x/clock.Clock', false],
  ['example.org/x/store.withLock', false],
])('%s does nothing but lock: %s', (name, is) => {
  expect(isLockCall(name)).toBe(is);
});
