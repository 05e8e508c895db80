import type { Matcher } from '../../sources/source.js';

/** A condition of a selector without its value: `pod=`, `region=~`. */
export type Condition = Pick<Matcher, 'name' | 'op'>;

/**
 * The form of a question: names and types. It holds no value but the name of the service, no time and no
 * identity of a caller.
 */
export interface QueryShape {
  /** Null where the question names no service. */
  service: string | null;
  /** Five parts. */
  profileTypeId: string;
  /** Further conditions, sorted, each once. */
  conditions: readonly Condition[];
  groupBy: readonly string[];
}

/** A question that had an answer with data; it stays in the memory of this process. */
export interface AskedQuery extends Omit<QueryShape, 'profileTypeId'> {
  /** Null for an answer about all types of a service. */
  profileTypeId: string | null;
  /** Equal for questions with the same tool and arguments. */
  call: string;
  /** Equal for questions about the same profiles, whatever the type and the time. */
  selection: string;
  /** Unix ms. */
  at: number;
}

/** Longest names that are remembered, characters; real ones are shorter. */
const MAX_NAME = 200;
/** Most conditions and labels to group by: more is no habit. */
const MAX_NAMES = 10;
const OPERATORS: readonly string[] = ['=', '!=', '=~', '!~'];

/** Whether a shape is one that may be remembered: others write into a shared cache, too. */
export function isRememberable({ service, profileTypeId, conditions, groupBy }: QueryShape): boolean {
  return (
    (service === null || isName(service)) &&
    isName(profileTypeId) &&
    profileTypeId.split(':').length === 5 &&
    conditions.length <= MAX_NAMES &&
    groupBy.length <= MAX_NAMES &&
    conditions.every(({ name, op }) => isName(name) && OPERATORS.includes(op)) &&
    groupBy.every(isName)
  );
}

function isName(text: string): boolean {
  return text !== '' && text.length <= MAX_NAME;
}

/** The conditions of matchers without their values, sorted, each once. */
export function readConditions(matchers: readonly Matcher[]): Condition[] {
  const byText = new Map(matchers.map(({ name, op }) => [`${name}\0${op}`, { name, op }]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, condition]) => condition);
}

/** A text that is equal for equal shapes. */
export function shapeKey({ service, profileTypeId, conditions, groupBy }: QueryShape): string {
  return JSON.stringify([service, profileTypeId, conditions.map(({ name, op }) => [name, op]), groupBy]);
}
