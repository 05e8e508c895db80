import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { askFiles, INCIDENT_WINDOW, INCIDENTS } from './support/ask.js';
import { pprofBytes } from './support/profiles.js';

// Which profiles an answer is about, when the question leaves it open or could mean several.

interface Listed {
  service: string;
  time: string;
  types: readonly string[];
  periodType?: string;
}

/** A directory with a manifest: one small profile each. */
async function directory(...profiles: readonly Listed[]) {
  const made = await mkdtemp(path.join(tmpdir(), 'scope-'));
  const entries = await Promise.all(
    profiles.map(async ({ service, time, types, periodType }, index) => {
      const file = `${index}.pb`;
      const stacks = [{ frames: ['main.main', 'main.work'], values: types.map(() => 1_000_000) }];
      await writeFile(
        path.join(made, file),
        pprofBytes({ types, stacks, ...(periodType === undefined ? {} : { periodType }) }),
      );
      const name = types.some((type) => type.startsWith('inuse')) ? 'memory' : 'process_cpu';
      return { file, time, type_name: name, labels: { service_name: service } };
    }),
  );
  await writeFile(path.join(made, 'profiles.json'), JSON.stringify({ profiles: entries }));
  return askFiles(made);
}

const CPU = { service: 'shop', time: '2026-11-20T14:00:00Z', types: ['cpu/nanoseconds'] };

describe('windows', () => {
  test('one that misses the only profile by seconds does not make the source empty, now or later', async () => {
    const ask = await directory(CPU);
    const missing = await ask('summarize_profile', {
      service: 'shop',
      from: '2026-11-20T14:00:10Z',
      to: '2026-11-20T14:00:20Z',
    });
    expect(missing.text).toContain('No data (window outside data)');
    expect(missing.text).toContain('the newest found are from 2026-11-20T14:00:00Z');
    const answer = await ask('summarize_profile', {
      service: 'shop',
      from: '2026-11-20T14:00:00Z',
      to: '2026-11-20T14:00:50Z',
    });
    expect(answer.text).toContain('main.work');
  });
});

describe('a condition that would hold without the label', () => {
  const ask = askFiles(INCIDENTS[0].directory);
  const question = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };

  test('is said to exclude nothing where no profile has the label', async () => {
    const { text } = await ask('summarize_profile', { ...question, selector: 'planet!="mars",pod=~".+"' });
    expect(text).toContain('Note: planet!="mars" excludes nothing: no profile here has a label planet.');
    expect(text).not.toContain('pod=~".+" excludes');
  });

  test('is left alone where one has', async () => {
    const { text } = await ask('summarize_profile', { ...question, selector: 'region!="mars"' });
    expect(text).not.toContain('excludes nothing');
  });
});

describe('types of the same name', () => {
  const go = { ...CPU, types: ['inuse_space/bytes'], periodType: 'space/bytes' };
  const node = { ...CPU, types: ['inuse_space/bytes'], periodType: 'inuse_space/bytes' };

  test('are named, and a ready call means the one that was answered', async () => {
    const ask = await directory(go, node);
    const { text } = await ask('summarize_profile', { service: 'shop', profile_type: 'inuse' });
    expect(text).toContain('Several types are called inuse: also memory:inuse_space:bytes:space:bytes.');
    const id = 'memory:inuse_space:bytes:space:bytes';
    const exact = await ask('summarize_profile', { service: 'shop', profile_type: id });
    expect(exact.text).toContain(`"profile_type":"${id}"`);
  });
});

describe('services', () => {
  test('a selector over several says that they are added up', async () => {
    const ask = await directory(CPU, { ...CPU, service: 'cart' });
    const { text } = await ask('summarize_profile', { selector: 'service_name=~".+"' });
    expect(text).toMatch(
      /^ADDED UP over 2 services, no verdict is given on any of them: cart 50\.0%, shop 50\.0%\. /,
    );
  });

  test('several and none named: the error lists them', async () => {
    const ask = await directory(CPU, { ...CPU, service: 'cart' });
    expect(await ask('summarize_profile')).toEqual({
      text: 'No `service` was given, and the source has several.\nNext: Name one: cart, shop.',
      isError: true,
    });
  });

  test('a pattern that no service meets gets the nearest', async () => {
    const ask = await directory(CPU, { ...CPU, service: 'checkout' });
    const { text } = await ask('summarize_profile', { selector: 'service_name=~"chekout.*"' });
    expect(text).toContain('meets service_name=~"chekout.*"');
    expect(text).toContain('Next: summarize_profile {"service":"checkout"}');
  });

  test('an unknown one without anything like it leads to the list', async () => {
    const ask = await directory(CPU);
    const { text } = await ask('summarize_profile', { service: 'zzzzzzzz' });
    expect(text).toContain('There is: shop');
    expect(text).toContain('Next: list_services {}');
  });
});

describe.each(INCIDENTS)('the ready call of $name', ({ name, directory: profiles, service }) => {
  test.each(name.startsWith('16') ? ['wall', 'inuse'] : ['cpu'])(
    'for %s keeps what the finding names',
    async (profile_type) => {
      const ask = askFiles(profiles);
      const { text } = await ask('summarize_profile', { service, profile_type, ...INCIDENT_WINDOW });
      const next = /^Next: query_profile (\{.*\})$/m.exec(text)?.[1] ?? '';
      const looked = await ask('query_profile', JSON.parse(next));
      const kept = /the stacks kept hold (\S+) of the total/.exec(looked.text)?.[1];
      expect(text).toMatch(new RegExp(`(?:^|\\s)${kept?.replace('.', '\\.')} `));
    },
  );
});

test('a profile type that is not there is no reason to weigh by another', async () => {
  const ask = await directory(CPU);
  const { text, isError } = await ask('list_labels', { label: 'service_name', profile_type: 'goroutines' });
  expect([isError, text]).toEqual([
    true,
    expect.stringMatching(
      /^No profile type "goroutines" is present in source "scope-\w+"\.\nNext: Present: cpu\.$/,
    ),
  ]);
});
