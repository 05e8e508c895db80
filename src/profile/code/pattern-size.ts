/**
 * Work that a regular expression costs before anything is matched, estimated from its text alone. Compiling a
 * few characters such as `a{1000}a{1000}` takes long, so the size must be known before the expression is
 * compiled.
 */

/** Size of a Unicode class such as `\pL` as one instruction: it holds some hundred ranges. */
const UNICODE_CLASS_STEPS = 20;
/**
 * Steps of reading a Unicode class inside brackets or without case, which merges its ranges: 0.1 to 0.8 ms.
 */
const UNICODE_CLASS_READING = 250;
/** Steps of reading a range beyond ASCII without case, which looks up every character in it: up to 3.5 ms. */
const FOLDED_RANGE_READING = 2_000;
/** Characters of a class per instruction: the ranges of a class are looked through with each character. */
const CLASS_CHARACTERS_PER_STEP = 16;

const COUNTED = /\{(\d{1,9})(?:,(\d{0,9}))?\}/y;
const NAMED_CLASS = /\[:\^?[a-z]{1,10}:\]/y;
const GROUP_OPENING = /\(\?(?:P?<[^>]{0,200}>|[a-zA-Z-]{0,10}:?)/y;
const CASELESS = /\(\?[a-zA-Z]*i/;

/** A group that is being read. */
interface Group {
  /** Steps of all but the last part. */
  steps: number;
  /** Steps of the part that a repetition would repeat. */
  last: number;
}

/**
 * Upper bound of the number of instructions of the RE2 program that a pattern compiles to, plus the work of
 * reading its classes, in steps of about two microseconds. A pattern that RE2 refuses has some size, too.
 */
export function estimatePatternSize(pattern: string): number {
  const isCaseless = CASELESS.test(pattern);
  const groups: Group[] = [{ steps: 3, last: 0 }];
  let reading = 0;
  let at = 0;

  const top = (): Group => groups.at(-1) ?? { steps: 0, last: 0 };
  const addAtom = (steps: number) => {
    const group = top();
    group.steps += group.last;
    group.last = steps;
  };
  const closeGroup = () => {
    const { steps, last } = groups.pop() ?? { steps: 0, last: 0 };
    addAtom(steps + last);
  };
  const repeat = (min: number, max: number) => {
    const group = top();
    const copies = Math.max(1, min, max) * group.last;
    // Every copy that may be skipped has an instruction that skips it.
    group.last = Math.min(Number.MAX_SAFE_INTEGER, copies + Math.max(0, max - min) + 2);
  };
  const readClass = () => {
    const end = classEnd(pattern, at);
    const text = pattern.slice(at, end);
    const unicodeClasses = text.match(/\\[pP]/g)?.length ?? 0;
    reading += unicodeClasses * UNICODE_CLASS_READING;
    if (isCaseless) reading += wideRanges(text) * FOLDED_RANGE_READING;
    addAtom(
      1 +
        Math.ceil(text.length / CLASS_CHARACTERS_PER_STEP) +
        Math.min(3, unicodeClasses) * UNICODE_CLASS_STEPS,
    );
    // Every character is read, even where many make one instruction.
    reading += text.length;
    at = end;
  };
  const readEscape = () => {
    const kind = pattern.charAt(at + 1);
    if (kind === 'Q') {
      const closing = pattern.indexOf('\\E', at + 2);
      const end = closing < 0 ? pattern.length : closing;
      // A repetition after the quotation repeats its last character; counting all of it errs on the safe
      // side.
      if (end === at + 2) top().last++;
      else addAtom(end - at - 1);
      at = closing < 0 ? end : end + 2;
      return;
    }
    if (kind === 'p' || kind === 'P') {
      if (isCaseless) reading += UNICODE_CLASS_READING;
      addAtom(UNICODE_CLASS_STEPS);
      const closing = pattern.charAt(at + 2) === '{' ? pattern.indexOf('}', at) : at + 2;
      at = closing < 0 ? pattern.length : closing + 1;
      return;
    }
    if (kind === 'x' && pattern.charAt(at + 2) === '{') {
      const closing = pattern.indexOf('}', at);
      addAtom(1);
      at = closing < 0 ? pattern.length : closing + 1;
      return;
    }
    addAtom(isCaseless ? 6 : 2);
    at += 2;
  };

  while (at < pattern.length) {
    const character = pattern.charAt(at);
    if (character === '\\') readEscape();
    else if (character === '[') readClass();
    else if (character === '(') {
      GROUP_OPENING.lastIndex = at;
      const opening = GROUP_OPENING.exec(pattern)?.[0] ?? '(';
      at += opening.length;
      // Flags such as `(?i)` close themselves: they hold to the end of the group around them.
      if (/^\(\?[a-zA-Z-]*$/.test(opening) && pattern.charAt(at) === ')') {
        at++;
        // A repetition behind them repeats what stands before them.
        top().last++;
      } else groups.push({ steps: 3 + Math.ceil(opening.length / 4), last: 0 });
    } else if (character === ')') {
      at++;
      if (groups.length > 1) closeGroup();
      else addAtom(1);
    } else if (character === '|') {
      at++;
      addAtom(2);
    } else if (character === '*' || character === '+' || character === '?') {
      at++;
      repeat(0, 1);
    } else {
      COUNTED.lastIndex = at;
      const counted = character === '{' ? COUNTED.exec(pattern) : null;
      if (counted === null) {
        addAtom(1);
        at++;
      } else {
        const [repetition, min = '', max = ''] = counted;
        repeat(Number(min), Number(max));
        at += repetition.length;
      }
    }
  }
  while (groups.length > 1) closeGroup();
  const { steps, last } = top();
  return Math.min(Number.MAX_SAFE_INTEGER, steps + last + reading);
}

/** The end of the class that opens at a position; a bracket right after the opening stands for itself. */
function classEnd(pattern: string, from: number): number {
  let at = from + 1;
  if (pattern.charAt(at) === '^') at++;
  if (pattern.charAt(at) === ']') at++;
  while (at < pattern.length && pattern.charAt(at) !== ']') {
    if (pattern.charAt(at) === '\\') at += 2;
    else {
      NAMED_CLASS.lastIndex = at;
      at += NAMED_CLASS.exec(pattern)?.[0].length ?? 1;
    }
  }
  return Math.min(pattern.length, at + 1);
}

/** The number of ranges in a class that may hold characters beyond ASCII. */
function wideRanges(text: string): number {
  return text.match(/-(?:\\x|[\u0080-\uffff])/g)?.length ?? 0;
}
