import { expect } from 'vitest';
import { createFilesSource } from '../../src/sources/files/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { asker } from './ask.js';
import { directoryWith, manifest } from './directory.js';
import { random } from './generate-profile.js';
import { pprofBytes } from './profiles.js';

// An hour of profiles of one service, made up, and its cost over time.

export const START = Date.parse('2026-11-20T12:00:00Z');
export const MINUTE = 60_000;
export const iso = (minute: number) => new Date(START + minute * MINUTE).toISOString().replace('.000Z', 'Z');
export const WINDOW = { from: iso(0), to: iso(60) };

export interface Sent {
  minute: number;
  labels: Record<string, string>;
  /** Samples of 10 ms, by function. */
  work: Record<string, number>;
}

/** A source of CPU profiles of 10 s. */
export async function source(
  sent: readonly Sent[],
  type = 'cpu/nanoseconds',
  seconds = 10,
): Promise<ProfileSource> {
  const name = type.startsWith('inuse') ? 'memory' : type.startsWith('wall') ? 'wall' : 'process_cpu';
  const files = sent.map(({ work }, at) => {
    const stacks = Object.entries(work).map(([fn, count]) => ({
      frames: ['main', ...fn.split(';')],
      values: [count * 10_000_000],
    }));
    return [`${at}.pb`, pprofBytes({ types: [type], periodType: type, stacks })] as const;
  });
  const directory = await directoryWith({
    ...Object.fromEntries(files),
    'profiles.json': manifest(
      sent.map(({ minute, labels }, at) => ({
        file: `${at}.pb`,
        time: new Date(START + minute * MINUTE).toISOString(),
        labels: { service_name: 'shop', ...labels },
        type_name: name,
        duration_s: seconds,
      })),
    ),
  });
  return createFilesSource({ directory, name: 'fleet' });
}

/** Profiles of an hour, one per minute and pod; work differs by a few samples from one to the next. */
export function hour(
  work: (minute: number, noise: number) => Record<string, number>,
  labels: Record<string, string> = { pod: 'a' },
  seed = 1,
): Sent[] {
  const next = random(seed);
  return Array.from({ length: 60 }, (_, minute) => ({
    minute: minute + 0.5,
    labels,
    work: work(minute, Math.floor(next() * 5)),
  }));
}

export async function timeline(from: ProfileSource, args: Record<string, unknown> = {}) {
  const ask = asker(from);
  const question = { service: 'shop', ...WINDOW, ...args };
  const { text, isError } = await ask('get_timeline', question);
  expect([isError, text]).toEqual([false, expect.not.stringMatching(/NaN|Infinity|undefined/)]);
  return { text, json: JSON.parse((await ask('get_timeline', { ...question, format: 'json' })).text) };
}
