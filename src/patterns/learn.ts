import { extractQueries, type Surroundings } from './extract.js';
import { normalise } from './normalise.js';
import type { LearnedQuery } from './query.js';

/**
 * Steps that the regular expressions of one dashboard may come to, all together: at most some 50 ms. What is
 * over that is not learned.
 */
const MAX_STEPS = 5_000;

/**
 * Everything that a dashboard of any version teaches: its title and its profile queries without their
 * variables.
 */
export function learnFrom(
  model: unknown,
  surroundings: Surroundings,
): { title: string; queries: LearnedQuery[] } {
  const { title, queries, variables } = extractQueries(model, surroundings);
  const budget = { steps: MAX_STEPS };
  return { title, queries: queries.flatMap((query) => normalise(query, variables, budget)) };
}
