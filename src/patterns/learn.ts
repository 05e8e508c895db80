import { extractQueries, type Surroundings } from './extract.js';
import { normalise } from './normalise.js';
import type { LearnedQuery } from './query.js';

/** Everything that a dashboard of any version teaches: its title and its profile queries without their variables. */
export function learnFrom(
  model: unknown,
  surroundings: Surroundings,
): { title: string; queries: LearnedQuery[] } {
  const { title, queries, variables } = extractQueries(model, surroundings);
  return { title, queries: queries.flatMap((query) => normalise(query, variables)) };
}
