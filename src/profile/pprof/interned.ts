import { LRUCache } from 'lru-cache';
import type { FunctionInfo } from '../model.js';

/** Functions that are kept: those of some large services. */
const MAX_FUNCTIONS = 10_000;
/** Length of a name with its file up to which a function is kept; generated names may have any length. */
const MAX_NAME = 1_000;

const kept = new LRUCache<string, FunctionInfo>({ max: MAX_FUNCTIONS });

/**
 * The object that stands for equal functions, whichever profiles they are in: what is found out about it, as
 * whose code it is and its normal name, is known for the next profile of the service.
 */
export function internFunction(info: FunctionInfo): FunctionInfo {
  const { name, file } = info;
  if (name.length + file.length > MAX_NAME) return info;
  // Hardly any name stands in several files. A look that leaves the order as it is takes half the time.
  const known = kept.peek(name);
  if (known === undefined) kept.set(name, info);
  else if (areEqual(known, info)) return known;
  else if (known.file !== file) return internInFile(`${name}\0${file}`, info);
  else kept.set(name, info);
  return info;
}

/** As {@link internFunction}, for a function with the name of another. */
function internInFile(key: string, info: FunctionInfo): FunctionInfo {
  const known = kept.peek(key);
  if (known !== undefined && areEqual(known, info)) return known;
  kept.set(key, info);
  return info;
}

function areEqual(one: FunctionInfo, other: FunctionInfo): boolean {
  return (
    one.name === other.name &&
    one.file === other.file &&
    one.startLine === other.startLine &&
    one.isSymbolised === other.isSymbolised &&
    one.binary === other.binary
  );
}
