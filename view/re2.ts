/** Test of one character, by its code point. */
type Test = (code: number) => boolean;

type Node =
  | { kind: 'test'; test: Test }
  | { kind: 'assert'; at: '^' | '$' | 'b' | 'B' }
  | { kind: 'all'; parts: Node[] }
  | { kind: 'any'; parts: Node[] }
  | { kind: 'repeat'; of: Node; min: number; max: number };

/** An instruction of the matching machine; `split` goes on at two places at once. */
type Step =
  | { op: 'test'; test: Test }
  | { op: 'assert'; at: '^' | '$' | 'b' | 'B' }
  | { op: 'split'; to: number; or: number }
  | { op: 'match' };

/** Maximum number of steps: the time for a name grows with them times its length, and no faster. */
const MAX_STEPS = 2_000;
/** Maximum depth of groups in groups. */
const MAX_DEPTH = 100;

const isWord: Test = (code) =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
const isDigit: Test = (code) => code >= 48 && code <= 57;
const isSpace: Test = (code) => code === 32 || (code >= 9 && code <= 13 && code !== 11);
const not =
  (test: Test): Test =>
  (code) =>
    !test(code);
const CLASSES: Readonly<Record<string, Test>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};
const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7 };

/** A pattern that the search does not take, with the reason in words. */
export class PatternProblem extends Error {}

/**
 * Compiles a pattern in a part of RE2's syntax: characters, `.`, classes, groups, `|`, `* + ? {n,m}`, `^ $`,
 * `\b`, `\d \w \s`, and `(?i)` at the start. It runs in time linear in the text, whatever the pattern.
 *
 * @returns whether a text has a match anywhere
 * @throws PatternProblem
 */
export function compilePattern(source: string): (text: string) => boolean {
  let pattern = source;
  let ignoresCase = false;
  if (pattern.startsWith('(?i)')) {
    ignoresCase = true;
    pattern = pattern.slice(4);
  }
  const steps: Step[] = [];
  emit(parse(Array.from(pattern), ignoresCase), steps);
  steps.push({ op: 'match' });
  return (text) => matches(steps, text);
}

function parse(chars: readonly string[], ignoresCase: boolean): Node {
  let at = 0;
  let depth = 0;
  const fail = (why: string): never => {
    throw new PatternProblem(why);
  };
  const literal = (char: string): Node => ({ kind: 'test', test: charTest(char, ignoresCase) });

  const alternatives = (): Node => {
    if (++depth > MAX_DEPTH) fail('too many groups in groups');
    const parts = [sequence()];
    while (chars[at] === '|') {
      at++;
      parts.push(sequence());
    }
    depth--;
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'any', parts };
  };
  const sequence = (): Node => {
    const parts: Node[] = [];
    while (at < chars.length && chars[at] !== '|' && chars[at] !== ')') parts.push(repeated());
    return { kind: 'all', parts };
  };
  const repeated = (): Node => {
    let node = atom();
    for (;;) {
      const range = repetition();
      if (range === null) return node;
      if (node.kind === 'assert') fail('a repetition needs something to repeat');
      // Whether a match is short or long does not matter to a search.
      if (chars[at] === '?') at++;
      node = { kind: 'repeat', of: node, ...range };
    }
  };
  const repetition = (): { min: number; max: number } | null => {
    const char = chars[at];
    if (char === '*' || char === '+' || char === '?') {
      at++;
      return { min: char === '+' ? 1 : 0, max: char === '?' ? 1 : Number.POSITIVE_INFINITY };
    }
    if (char !== '{') return null;
    const [all, low, comma, high] =
      /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(chars.slice(at, at + 12).join('')) ?? [];
    if (all === undefined) return null;
    at += all.length;
    const min = Number(low);
    const max = comma === '' ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    if (min > max || min > 1000) fail('a repetition ends before it begins, or is over 1,000');
    return { min, max };
  };
  const atom = (): Node => {
    const char = chars[at++] ?? fail('the pattern ends too early');
    if (char === '(') {
      if (chars[at] === '?') group();
      const inner = alternatives();
      if (chars[at++] !== ')') fail('a group is not closed: )');
      return inner;
    }
    if (char === '[') return { kind: 'test', test: charClass() };
    if (char === '.') return { kind: 'test', test: (code) => code !== 10 };
    if (char === '^' || char === '$') return { kind: 'assert', at: char };
    if (char === '*' || char === '+' || char === '?') fail(`${char} has nothing to repeat`);
    if (char !== '\\') return literal(char);
    const next = chars[at++] ?? fail('the pattern ends after \\');
    if (next === 'b' || next === 'B') return { kind: 'assert', at: next };
    if (next === 'A' || next === 'z') return { kind: 'assert', at: next === 'A' ? '^' : '$' };
    const named = CLASSES[next];
    return named === undefined ? literal(escaped(next)) : { kind: 'test', test: named };
  };
  /** Skips the head of a group that names it or says that it is not counted. */
  const group = () => {
    const head = /^\?(?::|P?<\w+>)/.exec(chars.slice(at, at + 60).join(''))?.[0];
    if (head === undefined) fail('of the groups with ? only (?:…), (?P<name>…) and a leading (?i) are taken');
    at += head?.length ?? 0;
  };
  const escaped = (char: string): string => {
    const control = ESCAPES[char];
    if (control !== undefined) return String.fromCharCode(control);
    if (/[\p{L}\p{N}]/u.test(char)) fail(`\\${char} is not taken here`);
    return char;
  };
  const charClass = (): Test => {
    const isNegated = chars[at] === '^';
    if (isNegated) at++;
    const tests: Test[] = [];
    for (let isFirst = true; ; isFirst = false) {
      const char = chars[at++] ?? fail('a class is not closed: ]');
      if (char === ']' && !isFirst) break;
      if (char === '[' && chars[at] === ':') fail('[:classes:] are not taken here');
      if (char === '\\') {
        const named = CLASSES[chars[at] ?? ''];
        if (named !== undefined) {
          at++;
          tests.push(named);
          continue;
        }
      }
      const low = char === '\\' ? escaped(chars[at++] ?? fail('the pattern ends after \\')) : char;
      if (chars[at] !== '-' || chars[at + 1] === ']' || chars[at + 1] === undefined) {
        tests.push(charTest(low, ignoresCase));
        continue;
      }
      at++;
      const end = chars[at++] ?? fail('a class is not closed: ]');
      const high = end === '\\' ? escaped(chars[at++] ?? fail('the pattern ends after \\')) : end;
      tests.push(rangeTest(toCode(low), toCode(high), ignoresCase));
      if (toCode(low) > toCode(high)) fail(`the range ${low}-${high} runs backwards`);
    }
    return (code) => tests.some((test) => test(code)) !== isNegated;
  };

  const whole = alternatives();
  if (at < chars.length) fail('a group is closed that was not opened: )');
  return whole;
}

function toCode(char: string): number {
  return char.codePointAt(0) ?? 0;
}

function charTest(char: string, ignoresCase: boolean): Test {
  return rangeTest(toCode(char), toCode(char), ignoresCase);
}

function rangeTest(low: number, high: number, ignoresCase: boolean): Test {
  const plain: Test = (code) => code >= low && code <= high;
  if (!ignoresCase) return plain;
  return (code) => {
    const char = String.fromCodePoint(code);
    return plain(code) || plain(toCode(char.toLowerCase())) || plain(toCode(char.toUpperCase()));
  };
}

function emit(node: Node, steps: Step[]): void {
  if (steps.length > MAX_STEPS) throw new PatternProblem('the pattern is too large');
  if (node.kind === 'test') steps.push({ op: 'test', test: node.test });
  else if (node.kind === 'assert') steps.push({ op: 'assert', at: node.at });
  else if (node.kind === 'all') for (const part of node.parts) emit(part, steps);
  else if (node.kind === 'any') {
    const ends: Step[] = [];
    for (const [index, part] of node.parts.entries()) {
      if (index === node.parts.length - 1) {
        emit(part, steps);
        break;
      }
      const split = { op: 'split' as const, to: steps.length + 1, or: 0 };
      steps.push(split);
      emit(part, steps);
      const end = { op: 'split' as const, to: 0, or: 0 };
      steps.push(end);
      ends.push(end);
      split.or = steps.length;
    }
    for (const end of ends) if (end.op === 'split') end.to = end.or = steps.length;
  } else {
    for (let done = 0; done < node.min; done++) emit(node.of, steps);
    if (node.max === Number.POSITIVE_INFINITY) {
      const split = { op: 'split' as const, to: steps.length + 1, or: 0 };
      steps.push(split);
      emit(node.of, steps);
      steps.push({ op: 'split', to: steps.indexOf(split), or: steps.indexOf(split) });
      split.or = steps.length;
      return;
    }
    const splits: { op: 'split'; to: number; or: number }[] = [];
    for (let done = node.min; done < node.max; done++) {
      const split = { op: 'split' as const, to: steps.length + 1, or: 0 };
      steps.push(split);
      splits.push(split);
      emit(node.of, steps);
    }
    for (const split of splits) split.or = steps.length;
  }
}

/** Runs all ways through the pattern side by side, one character after the other (Thompson 1968). */
function matches(steps: readonly Step[], text: string): boolean {
  const codes = Array.from(text, toCode);
  const seen = new Int32Array(steps.length).fill(-1);
  let ways: number[] = [];
  for (let at = 0; at <= codes.length; at++) {
    const here: number[] = [];
    if (enter(0, here) || ways.some((way) => enter(way, here))) return true;
    const code = codes[at];
    if (code === undefined) return false;
    ways = here.flatMap((way) => {
      const step = steps[way];
      return step?.op === 'test' && step.test(code) ? [way + 1] : [];
    });

    /** Follows a way up to the next character; true at a match. */
    function enter(first: number, found: number[]): boolean {
      const open = [first];
      for (;;) {
        const way = open.pop();
        if (way === undefined) return false;
        if (seen[way] === at) continue;
        seen[way] = at;
        const step = steps[way];
        if (step === undefined) continue;
        if (step.op === 'match') return true;
        if (step.op === 'test') found.push(way);
        else if (step.op === 'split') open.push(step.to, step.or);
        else if (holds(step.at, at)) open.push(way + 1);
      }
    }
  }
  return false;

  function holds(assertion: '^' | '$' | 'b' | 'B', at: number): boolean {
    if (assertion === '^') return at === 0;
    if (assertion === '$') return at === codes.length;
    const isEdge = isWord(codes[at - 1] ?? 0) !== isWord(codes[at] ?? 0);
    return (assertion === 'b') === isEdge;
  }
}
