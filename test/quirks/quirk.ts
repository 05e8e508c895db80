import { expect } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { refusal } from '../support/recorded-client.js';

/** A test elsewhere, by file and title. */
export type Elsewhere = readonly [file: string, title: string];

/** A quirk, the exchanges that show it, and the check of our client. */
export type Quirk = readonly [
  quirk: string,
  recorded: readonly string[],
  proof: (() => void | Promise<void>) | Elsewhere,
];

export const SOURCE = 'src/sources/pyroscope/source.test.ts';
export const STORES = 'src/sources/pyroscope/stores.test.ts';
export const PIECES = 'src/sources/pyroscope/pieces.test.ts';
export const TRANSPORT = 'src/sources/pyroscope/http/transport.test.ts';
export const PPROF = 'src/sources/pyroscope/pprof.test.ts';
export const REPLAY = 'src/sources/pyroscope/replay.test.ts';

/** All of these are refusals of one kind to our client. */
export async function refused(names: readonly string[], kind: string, detail = ''): Promise<void> {
  for (const name of names) {
    const error = await refusal(name);
    expect(error, name).toBeInstanceOf(UpstreamError);
    expect([name, error.kind]).toEqual([name, kind]);
    expect(error.detail).toContain(detail);
  }
}
