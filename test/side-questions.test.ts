import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { UpstreamError } from '../src/errors.js';
import { createFilesSource } from '../src/sources/files/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { asker, demoSource, fixture, INCIDENT_WINDOW } from './support/ask.js';

// A part of an answer that the store fails to give is named in it, and the rest is answered.

const SCOPE = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };
const WIDE = { ...SCOPE, from: '2026-11-20T14:00:00Z' };
const busy = () => new UpstreamError('overloaded', 'busy', { status: 429 });
const readNotes = (text: string) => z.object({ notes: z.array(z.string()) }).parse(JSON.parse(text)).notes;

/** The demo incident, some of whose merges fail: all those that `fails` says of. */
function failing(fails: (merge: number, selector: string) => boolean): ProfileSource {
  const source = demoSource();
  let merges = 0;
  return {
    ...source,
    profile: async (query, signal) => {
      const selector = query.matchers.map(({ name, value }) => `${name}=${value}`).join(',');
      if (fails(merges++, selector)) throw busy();
      return source.profile(query, signal);
    },
  };
}

describe('get_timeline of a function', () => {
  const args = { ...WIDE, function: 'coupon.loadPattern', format: 'json' };

  test('names the parts that could not be read', async () => {
    const { text, isError } = await asker(failing((merge) => merge === 3))('get_timeline', args);
    expect(isError, text).toBe(false);
    expect(readNotes(text)).toEqual([
      expect.stringMatching(
        /^1 of 12 parts could not be read \(the first from 2026-11-20T14:\S+Z: the store was overloaded \(HTTP 429\)\): a change there is not seen\. Ask again\.$/,
      ),
    ]);
  });

  test('fails where no part could be read', async () => {
    const { text, isError } = await asker(failing((merge) => merge > 0))('get_timeline', args);
    expect(isError).toBe(true);
    expect(text).toMatch(/^The profile store is overloaded \(HTTP 429\)/);
  });
});

test('inspect_function answers without its timeline and its labels', async () => {
  const ask = asker(failing((merge) => merge > 0));
  const { text, isError } = await ask('inspect_function', {
    ...SCOPE,
    function: 'coupon.loadPattern',
    format: 'json',
  });
  expect(isError, text).toBe(false);
  expect(readNotes(text)).toEqual([
    'The timeline could not be read: the store was overloaded (HTTP 429). Ask again for it.',
    'The share by label could not be read: the store was overloaded (HTTP 429). Ask again for it.',
  ]);
});

test('list_services answers without the shares', async () => {
  const source = demoSource();
  const ask = asker({ ...source, timeSeries: () => Promise.reject(new UpstreamError('unreadable', 'cut')) });
  const { text, isError } = await ask('list_services', { ...INCIDENT_WINDOW, format: 'json' });
  expect(isError, text).toBe(false);
  expect(text).toContain('checkout-api');
  expect(readNotes(text)).toContain(
    'The share of each could not be read: the answer was cut short, damaged or no profile. Ask again for it.',
  );
});

describe('compare_profiles', () => {
  const args = { service: 'notification-hub', profile_type: 'goroutines', ...INCIDENT_WINDOW };
  /** The goroutine leak, of which the two merges at the ends of the windows fail. */
  const source = (): ProfileSource => {
    const files = createFilesSource({ directory: fixture('incidents', '05-notify-goroutines') });
    const seenKeys = new Set<string>();
    return {
      ...files,
      profile: async (query, signal) => {
        const key = JSON.stringify([query.window, query.matchers]);
        // The parts are read first, and the last part of each window once more for the course of the level.
        if (seenKeys.has(key)) throw busy();
        seenKeys.add(key);
        return files.profile(query, signal);
      },
    };
  };

  test('without the course of the level the verdict holds so far, and names it', async () => {
    const { text, isError } = await asker(source())('compare_profiles', args);
    expect(isError, text).toBe(false);
    expect(text.split('\n')[0]).toContain('; NOT READ: goroutines (the store was overloaded (HTTP 429))');
    expect(text).toMatch(/^Verdict(?: so far: (?!NO CHANGE)|: INCONCLUSIVE)/);
    expect(text).not.toContain('confidence high');
    expect(text).toMatch(/\nNext: compare_profiles /);
  });

  test('with one side unread there is no verdict', async () => {
    const files = demoSource();
    const border = Date.parse(INCIDENT_WINDOW.from);
    const ask = asker({
      ...files,
      profile: async (query, signal) => {
        if (query.window.from < border) throw busy();
        return files.profile(query, signal);
      },
    });
    const { text, isError } = await ask('compare_profiles', SCOPE);
    expect(isError).toBe(true);
    expect(text).toMatch(
      /^The profile store is overloaded \(HTTP 429\)[^\n]*\nNext: Wait half a minute, then ask again/,
    );
  });
});
