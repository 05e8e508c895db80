import { LRUCache } from 'lru-cache';
import type { FunctionInfo } from '../model.js';

/** Functions that are kept: those of some large services. */
const MAX_FUNCTIONS = 10_000;
/** Length of a key up to which a function is kept; generated names may have any length. */
const MAX_KEY = 1_000;

const kept = new LRUCache<string, FunctionInfo>({ max: MAX_FUNCTIONS });

/**
 * The object that stands for equal functions, whichever profiles they are in: what is found out about it, as
 * whose code it is and its normal name, is known for the next profile of the service.
 *
 * @param key its name and its file
 */
export function internFunction(key: string, info: FunctionInfo): FunctionInfo {
  if (key.length > MAX_KEY) return info;
  const known = kept.get(key);
  if (
    known !== undefined &&
    known.startLine === info.startLine &&
    known.isSymbolised === info.isSymbolised &&
    known.binary === info.binary
  )
    return known;
  kept.set(key, info);
  return info;
}
