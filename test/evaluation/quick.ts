import path from 'node:path';
import { normaliseName } from '../../src/profile/names.js';
import { type Cause, conclude } from '../../src/tools/investigate/conclude.js';
import { onsetOf } from '../../src/tools/investigate/onset.js';
import { readCase } from '../../src/tools/investigate/read.js';
import { loadCaseFolder, quietHalf } from './case-folder.js';
import type { IncidentCase, Kind } from './generator/case.js';
import { describeCase } from './generator/describe.js';
import { generateCase } from './generator/generate.js';

function gapOfCase(c: IncidentCase): number {
  const snaps = (c as { plan?: { snapshots: { time: number; labels: Readonly<Record<string, string>> }[] } })
    .plan?.snapshots;
  if (!snaps) return 225000;
  const by = new Map<string, number[]>();
  for (const s of snaps) {
    const k = s.labels.pod ?? '';
    by.set(k, [...(by.get(k) ?? []), s.time]);
  }
  const gaps = [...by.values()]
    .flatMap((t) => t.slice(1).map((x, i) => x - (t[i] ?? x)))
    .sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 0;
}
const signal = new AbortController().signal;
function nameOf(cause: Cause | undefined): string | null {
  if (cause === undefined) return null;
  if (cause.kind === 'leak') {
    const g = cause.of.leak?.growth;
    return g ? (g.joined.functions[g.site.fn]?.name ?? null) : null;
  }
  if (cause.kind === 'contention') {
    const g = cause.of.contention?.growth;
    return g ? (g.joined.functions[g.site.fn]?.name ?? null) : null;
  }
  if (cause.kind === 'load') return null;
  const c = cause.of.change;
  return c ? (cause.of.analysis.joined.functions[c.culprit.fn]?.name ?? null) : null;
}
export async function ask(c: IncidentCase) {
  const { incident } = c.windows;
  const matchers = [{ name: 'service_name', op: '=' as const, value: c.service }];
  const typeIds = await c.source.labelValues(
    '__profile_type__',
    { matchers, window: { from: c.windows.baseline.from, to: incident.to } },
    signal,
  );
  const started = performance.now();
  const reading = await readCase(
    { source: c.source, matchers, typeIds, incident, baseline: null },
    { signal },
  );
  if (reading === null) return null;
  const conclusion = conclude(reading);
  const ms = performance.now() - started;
  const first = conclusion.causes[0];
  const name = nameOf(first);
  const change = first && (first.kind === 'code' || first.kind === 'moved') ? first.of.change : null;
  const gap = gapOfCase(c);
  const since = await onsetOf(reading, first);
  const label = change?.carrier ? `${change.carrier.label}=${change.carrier.value}` : null;
  const want = c.truth.label ? `${c.truth.label.name}=${c.truth.label.value}` : null;
  const verdictOk = conclusion.verdict === c.truth.verdict;
  const fnOk =
    c.truth.functions.length === 0
      ? name === null || conclusion.verdict === 'load_increase'
      : name !== null && c.truth.functions.map(normaliseName).includes(normaliseName(name));
  const sinceOk =
    c.truth.since === null
      ? true
      : since
        ? c.truth.since >= since.after - gap && c.truth.since <= since.before + gap
        : false;
  return {
    conclusion,
    name,
    since,
    label,
    want,
    verdictOk,
    fnOk,
    labelOk: label === want,
    sinceOk,
    requests: reading.found.requests.made,
    ms,
    z: change?.culprit.z,
    reading,
  };
}
const [mode = 'public', kinds = 'i', count = '50', from = '1'] = process.argv.slice(2);
if (mode === 'public') {
  const root = path.resolve('../shared/incidents');
  for (const id of [
    '01-checkout-cpu',
    '05-notify-goroutines',
    '08-auth-cpu',
    '10-georouting-check',
    '16-storefront-latency',
  ]) {
    const c = await loadCaseFolder(path.join(root, id));
    for (const one of [c, quietHalf(c)]) {
      const r = await ask(one);
      if (r)
        console.log(
          one.id,
          r.conclusion.verdict,
          r.verdictOk,
          r.name,
          r.fnOk,
          r.label,
          r.labelOk,
          r.since
            ? [
                new Date(r.since.after).toISOString().slice(11, 19),
                new Date(r.since.before).toISOString().slice(11, 19),
              ]
            : null,
          r.sinceOk,
          'z',
          r.z?.toFixed(1),
          'req',
          r.requests,
          r.ms.toFixed(0),
          'phi',
          r.reading.shares[0]?.analysis.dispersion,
          r.conclusion.causes.length,
        );
    }
    await c.source.close();
  }
} else {
  for (const kind of kinds.split('') as Kind[]) {
    let n = 0,
      v = 0,
      f = 0,
      s = 0,
      l = 0,
      strong = 0,
      strongOk = 0,
      accused = 0,
      maxReq = 0,
      ms = 0;
    const got: Record<string, number> = {};
    for (let seed = Number(from); seed < Number(from) + Number(count); seed++) {
      const c = generateCase(kind, seed);
      const r = await ask(c);
      if (!r) {
        console.log('null', c.id);
        continue;
      }
      n++;
      if (r.verdictOk) v++;
      if (r.fnOk) f++;
      if (r.sinceOk) s++;
      if (r.labelOk) l++;
      ms += r.ms;
      maxReq = Math.max(maxReq, r.requests);
      got[r.conclusion.verdict] = (got[r.conclusion.verdict] ?? 0) + 1;
      if (['code_regression', 'leak', 'contention'].includes(r.conclusion.verdict)) accused++;
      const se = Math.max(0, ...c.effects.slice(0, 1).map((e) => e.se));
      const isStrong = se >= 6;
      if (isStrong) strong++;
      if (isStrong && r.verdictOk && r.fnOk) strongOk++;
      else if ((isStrong || 'hij'.includes(kind)) && !(r.verdictOk && r.fnOk) && mode === 'verbose') {
        console.log(describeCase(c));
        console.log(
          '  GOT',
          r.conclusion.verdict,
          r.name,
          'z',
          r.z,
          r.label,
          r.conclusion.causes.map((x) => x.kind + ':' + x.of.lens.type.alias + ':' + nameOf(x)).join(' '),
          'load',
          r.reading.shares[0]?.analysis.load,
          'disp',
          r.reading.shares.map((x) => x.analysis.dispersion.phi.toFixed(2)).join(),
        );
      }
      if (mode === 'since' && !r.sinceOk)
        console.log(
          c.id,
          'since',
          c.truth.since && new Date(c.truth.since).toISOString(),
          r.since && [new Date(r.since.after).toISOString(), new Date(r.since.before).toISOString()],
          r.label,
          r.want,
        );
      if (mode === 'label' && r.verdictOk && r.fnOk && !r.labelOk)
        console.log(c.id, 'label', r.label, 'want', r.want, 'se', se);
    }
    console.log(
      kind,
      'n',
      n,
      'verdict',
      v,
      'fn',
      f,
      'since',
      s,
      'label',
      l,
      `strong ${strongOk}/${strong}`,
      'accused',
      accused,
      JSON.stringify(got),
      'req',
      maxReq,
      'ms',
      (ms / n).toFixed(0),
    );
  }
}
