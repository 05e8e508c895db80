import { expect, test } from 'vitest';
import { NETWORK, networkWait } from './network-wait.js';

test('the part of the added time that waits for a connection, 0 where most of it does something else', () => {
  expect(
    networkWait({
      waits: [
        { kind: 'lock', part: 0.2 },
        { kind: NETWORK, part: 0.7 },
      ],
    }),
  ).toBe(0.7);
  expect(networkWait({ waits: [{ kind: 'lock', part: 0.9 }] })).toBe(0);
  expect(networkWait({ waits: [] })).toBe(0);
});
