import { describe, expect, test } from 'vitest';
import { createMemorySource, type StoredProfile } from './evaluation/generator/memory-source.js';
import { asker, NOW } from './support/ask.js';

// Which profiles stand on which side of a comparison.

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const MINUTE = 60_000;
const FROM = NOW - 15 * MINUTE;
const iso = (time: number) => new Date(time).toISOString();
const question = { service: 'shop', profile_type: 'cpu', from: iso(FROM), to: iso(NOW), format: 'json' };

const PATHS = ['serve', 'parse', 'query', 'late'].map((name) => [
  { fn: { name: `shop/${name}`, file: 'shop.go', startLine: 1, isSymbolised: true }, line: 2 },
]);

/**
 * Every 15 s on whole seconds, so that there is one exactly at either end; what is stamped `NOW` costs 1,000
 * times as much.
 */
const source = createMemorySource('m', () =>
  Array.from({ length: 301 }, (_, index): StoredProfile[] => {
    const time = NOW - index * 15_000;
    return ['a', 'b'].map((pod) => ({
      time,
      seconds: 15,
      labels: { service_name: 'shop', pod },
      paths: PATHS,
      values: new Map([
        [CPU, Float64Array.from([70, 110, 130, index === 0 ? 1e6 : 0], (count) => count * 10_000_000)],
      ]),
    }));
  }).flat(),
);

describe('a profile stamped exactly at the end of the window, which tells about the time after it', () => {
  test('is in no merge and in no count, so that costs per profile are right', async () => {
    const { text } = await asker(source)('compare_profiles', question);
    expect(JSON.parse(text)).toMatchObject({
      verdict: 'no_change',
      total: { profiles: 120, per_profile: 3.1e9 },
      baseline: { total: { profiles: 480, per_profile: 3.1e9 } },
    });
    expect(text).not.toContain('shop/late');
  });

  test('is in neither of an investigation', async () => {
    const { profile_type: _, ...rest } = question;
    const { text } = await asker(source)('investigate', rest);
    expect(JSON.parse(text)).toMatchObject({ verdict: 'no_change' });
    expect(text).not.toContain('shop/late');
  });

  test('counts where one window is looked at: windows are closed', async () => {
    const { text } = await asker(source)('summarize_profile', question);
    expect(text).toContain('shop/late');
  });
});

describe('the same profiles on both sides', () => {
  const times = { baseline_from: iso(FROM - 60 * MINUTE), baseline_to: iso(FROM) };
  const ask = async (args: object) => {
    const { next: _, ...answer } = JSON.parse((await asker(source)('compare_profiles', args)).text);
    return answer;
  };

  test('are told by what the selectors say: naming the same one again changes nothing', async () => {
    const ofPod = { ...question, ...times, selector: '{pod="a"}' };
    const named = { ...ofPod, baseline_selector: '{ pod = "a" }' };
    const [once, twice] = [await ask(ofPod), await ask(named)];
    expect(twice).toEqual(once);
    const other = await ask({ ...ofPod, baseline_selector: '{pod="b"}' });
    expect(other.baseline.selector).toContain('pod="b"');
  });
});
