import { UpstreamError } from '../errors.js';
import type { CodePlace, SourceCode } from '../profile/forge/locate.js';
import { readDeployed } from '../sources/repository.js';
import { NoRequestLeft } from './evidence/requests.js';
import type { InvestigationContext } from './evidence/shares.js';

/** The side of a comparison whose references are read; those of the other are the rest. */
export type ReadSide = 'baseline' | 'incident';

/**
 * Tells which reference of the source code each side of a comparison ran: one request, and none where only
 * one reference is deployed.
 *
 * @param side the side that is read: of a deploy the baseline, which holds one reference while both run after
 *   it; of two selections the incident, since the other may be the whole
 * @returns null where the labels name no repository
 */
export async function readSourceCode(
  { fleet, plan, readContext }: Pick<InvestigationContext, 'fleet' | 'plan' | 'readContext'>,
  side: ReadSide,
  signal: AbortSignal,
): Promise<SourceCode | null> {
  if (fleet.code === null) return null;
  const { code, refs, label } = fleet.code;
  if (label === null || refs.length < 2) return code;
  const { source, matchers } = readContext;
  const query = { matchers, window: plan[side] };
  const values = await source.labelValues(label, query, signal).catch((error: unknown) => {
    if (error instanceof UpstreamError || error instanceof NoRequestLeft) return [];
    throw error;
  });
  return tellSides(
    code,
    refs,
    new Set(values.flatMap((value) => readDeployed({ [label]: value }) ?? [])),
    side,
  );
}

/**
 * The references of both sides.
 *
 * @param refs references of both sides together
 * @param ofSide references of the side that was read
 */
export function tellSides(
  code: SourceCode,
  refs: readonly string[],
  ofSide: ReadonlySet<string>,
  side: ReadSide,
): SourceCode {
  const read = refs.filter((ref) => ofSide.has(ref));
  const rest = refs.filter((ref) => !ofSide.has(ref));
  const other = rest.length === 0 ? refs : rest;
  const [before, after] = side === 'baseline' ? [read, other] : [other, read];
  const ref = onlyOne(after);
  const earlier = onlyOne(before);
  // Nothing says which of several references the code ran that is shown.
  const places = code.places.map((place): CodePlace => ({ ...place, ref }));
  return { places, refs: after.length, before: ref === null || earlier === ref ? null : earlier };
}

function onlyOne(refs: readonly string[]): string | null {
  const [first = null, another] = refs;
  return another === undefined ? first : null;
}
