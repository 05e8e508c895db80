import { ALL_KINDS, type Kind } from './generator/case.js';
import { INNOCENT_KINDS, type Outcome, SIZES } from './jobs.js';
import { BOUNDS } from './score.js';
import { markdownTable, quantile } from './table.js';

/** Floors that the product must reach. */
export const FLOORS = {
  named: 0.95,
  right: 0.95,
  accused: 0.01,
  withinTokens: 0.95,
  held: 0.98,
  second: 0.9,
  /** Upstream requests of the middle answer, at most. */
  requests: 20,
} as const;
/** From so many profile types on a service has many, whose answers have a floor of their own. */
const MANY_TYPES = 5;

/** Largest width of the interval of an onset, in usual times between two profiles of an instance. */
const MAX_GAPS = 2;

const KIND_WORDS: Readonly<Record<Kind, string>> = {
  a: 'own cost of one function',
  b: 'cost in a library leaf',
  c: 'garbage collection',
  d: 'goroutine leak',
  e: 'memory leak',
  f: 'lock contention',
  g: 'one label value only',
  h: 'load rose',
  i: 'no change',
  j: 'moved or renamed',
  k: 'deep recursion',
  l: 'many small leaves',
  m: 'waiting dominates',
  n: 'burst',
  o: 'decoy',
  p: 'a library is the culprit',
  q: 'mix of requests',
  r: 'whole fleet replaced',
  s: 'restart that warms up',
  t: 'throttled host',
  u: 'two changes at once',
  v: 'names change',
  w: 'other data in a library',
  x: 'names and code change',
  y: 'large tree',
  z: 'load and change at once',
  A: 'load fell',
  B: 'load fell, and a change',
  C: 'new code waits on purpose',
  D: 'queue for a pool',
  E: 'two kinds of new work',
  F: 'a library replaced',
  G: 'replaced by a dearer one',
  H: 'mix next to a job',
  I: 'dearer code next to a job',
  J: 'restart without instances',
  K: 'leak in all or one',
  L: 'leak that waits, or a queue',
  M: 'one round of long waits',
  N: 'young instances',
  P: 'restart and a change',
  Q: 'load rose next to jobs',
};

const HEAD = [
  'kind',
  'samples',
  'cases',
  '≥ 6 SE',
  'named first',
  'falsely accused',
  'verdict',
  'label',
  'onset',
  'holds it',
  'gaps p95',
  'tokens p95',
  'requests, median',
  'most',
];

/** The outcomes by kind and size, then by kind. */
export function formatTable(outcomes: readonly Outcome[]): string {
  const rows = ALL_KINDS.flatMap((kind) => {
    const ofKind = outcomes.filter((outcome) => outcome.kind === kind);
    if (ofKind.length === 0) return [];
    const name = `(${kind}) ${KIND_WORDS[kind]}`;
    const sizes = SIZES.flatMap(({ name: size }) => {
      const part = ofKind.filter((outcome) => outcome.size === size);
      return part.length === 0 ? [] : [buildRow(name, size, part)];
    });
    return sizes.length === 1 ? sizes : [...sizes, buildRow(name, '**all**', ofKind)];
  });
  return markdownTable(HEAD, rows);
}

function buildRow(name: string, size: string, part: readonly Outcome[]): string[] {
  const plain = part.filter((outcome) => outcome.plain === true);
  const innocent = part.filter(({ kind }) => INNOCENT_KINDS.includes(kind));
  const rate = (test: (outcome: Outcome) => boolean, of = part) => percent(of.filter(test).length, of.length);
  return [
    name,
    size,
    part.length.toLocaleString('en'),
    part.every((outcome) => outcome.plain === null) ? '–' : plain.length.toLocaleString('en'),
    rate((outcome) => outcome.function, plain),
    innocent.length === 0 ? '–' : `${innocent.filter((outcome) => outcome.accused).length}`,
    rate((outcome) => outcome.verdict),
    rate((outcome) => outcome.label),
    rate((outcome) => outcome.onset),
    ...onsetCells(part),
    String(quantile(listTokens(part), 0.95)),
    String(quantile(listRequests(part), 0.5)),
    String(Math.max(...listRequests(part))),
  ];
}

/** How often the stated interval holds the true onset, and its width. */
function onsetCells(part: readonly Outcome[]): string[] {
  const stated = part.flatMap(({ interval }) => interval ?? []);
  return [
    percent(stated.filter(({ holds }) => holds).length, stated.length),
    stated.length === 0
      ? '–'
      : quantile(
          stated.map(({ gaps }) => gaps),
          0.95,
        ).toFixed(1),
  ];
}

function percent(count: number, of: number): string {
  return of === 0 ? '–' : `${((100 * count) / of).toFixed(1)} %`;
}

function listRequests(outcomes: readonly Outcome[]): number[] {
  return outcomes.map(({ requests }) => requests);
}

function listTokens(outcomes: readonly Outcome[]): number[] {
  return outcomes.map(({ tokens }) => tokens);
}

/**
 * The kind whose verdict, label or onset is right least often, of the cases that can be told: those that
 * stand out, and those without a culprit. Rules that decide between kinds show here first; a mean over all
 * kinds would hide one of them.
 */
function worstKind(outcomes: readonly Outcome[]) {
  const rows = ALL_KINDS.flatMap((kind) => {
    const ofKind = outcomes.filter((outcome) => outcome.kind === kind && outcome.plain !== false);
    if (ofKind.length === 0) return [];
    return (['verdict', 'label', 'onset'] as const).map((what) => {
      const right = ofKind.filter((outcome) => outcome[what]).length;
      return { kind, what, right, of: ofKind.length };
    });
  });
  return rows.sort((a, b) => a.right / a.of - b.right / b.of)[0] ?? null;
}

/** Compares the results with the floors; `reached` tells whether all of them are. */
export function summarise(outcomes: readonly Outcome[]): { lines: string[]; reached: boolean } {
  const plain = outcomes.filter((outcome) => outcome.plain === true);
  const named = plain.filter((outcome) => outcome.function).length;
  const long = outcomes.filter(({ tokens }) => tokens > BOUNDS.tokens).length;
  const requests = Math.max(0, ...listRequests(outcomes));
  const ofMany = outcomes.filter(({ types }) => types >= MANY_TYPES);
  const inFlight = Math.max(0, ...outcomes.map((outcome) => outcome.mostInFlight));
  const innocent = INNOCENT_KINDS.flatMap((kind) => {
    const ofKind = outcomes.filter((outcome) => outcome.kind === kind);
    return ofKind.length === 0
      ? []
      : [{ kind, of: ofKind.length, accused: ofKind.filter((outcome) => outcome.accused).length }];
  });
  const stated = outcomes.flatMap(({ interval }) => interval ?? []);
  const held = stated.filter(({ holds }) => holds).length;
  const wide = stated.filter(({ gaps }) => gaps > MAX_GAPS).length;
  const both = outcomes.filter(({ causes }) => causes !== null);
  const all = both.filter(({ causes }) => causes === true).length;
  const worst = worstKind(outcomes);
  const cheated = outcomes.filter(({ wrong }) => wrong.some((text) => text.includes('requests'))).length;
  const checks: { text: string; reached: boolean }[] = [
    {
      text: `planted changes of at least 6 standard errors named first: ${named} of ${plain.length} (${percent(named, plain.length)}; floor 95 %)`,
      reached: named >= FLOORS.named * plain.length,
    },
    ...(worst === null
      ? []
      : [
          {
            text: `least right of all: the ${worst.what} of (${worst.kind}) ${KIND_WORDS[worst.kind]}: ${worst.right} of ${worst.of} (${percent(worst.right, worst.of)}; floor 95 %)`,
            reached: worst.right >= FLOORS.right * worst.of,
          },
        ]),
    ...(stated.length === 0
      ? []
      : [
          {
            text: `onsets inside the stated interval: ${held} of ${stated.length} (${percent(held, stated.length)}; floor 98 %); wider than ${MAX_GAPS} gaps: ${wide} (${percent(wide, stated.length)})`,
            reached: held >= FLOORS.held * stated.length,
          },
        ]),
    ...(both.length === 0
      ? []
      : [
          {
            text: `second of two changes of at least 6 standard errors in the list: ${all} of ${both.length} (${percent(all, both.length)}; floor 90 %)`,
            reached: all >= FLOORS.second * both.length,
          },
        ]),
    ...innocent.map(({ kind, of, accused }) => ({
      text: `falsely accused of (${kind}) ${KIND_WORDS[kind]}: ${accused} of ${of} (${percent(accused, of)}; at most 1 %)`,
      reached: accused <= FLOORS.accused * of,
    })),
    {
      text: `answers over ${BOUNDS.tokens} tokens: ${long} of ${outcomes.length} (p95 ${quantile(listTokens(outcomes), 0.95)}, most ${Math.max(0, ...listTokens(outcomes))})`,
      reached: long <= (1 - FLOORS.withinTokens) * outcomes.length,
    },
    {
      text: `upstream requests: at most ${requests}, ${inFlight} in flight (bounds ${BOUNDS.requests} and ${BOUNDS.inFlight}); ${cheated} answers that state another number`,
      reached: requests <= BOUNDS.requests && inFlight <= BOUNDS.inFlight && cheated === 0,
    },
    ...[
      { what: 'all services', part: outcomes },
      { what: `services with ${MANY_TYPES} types or more`, part: ofMany },
    ].flatMap(({ what, part }) => {
      if (part.length === 0) return [];
      const [median, p95] = [quantile(listRequests(part), 0.5), quantile(listRequests(part), 0.95)];
      return [
        {
          text: `upstream requests of ${what}: median ${median} (at most ${FLOORS.requests}), p95 ${p95}, of ${part.length} answers`,
          reached: median <= FLOORS.requests,
        },
      ];
    }),
  ];
  return {
    lines: checks.map(({ text, reached }) => `${reached ? 'reached' : 'MISSED'}: ${text}`),
    reached: checks.every(({ reached }) => reached),
  };
}
