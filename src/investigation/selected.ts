import { orderTypes } from '../profile/types/types.js';
import type { ToolContext } from '../query/context.js';
import { readTypedLabelSets, selectLabelSets } from '../query/label-sets.js';
import { leaveOneProfiler } from '../query/one-profiler.js';
import { allMatchers, type Selection } from '../query/selection.js';
import type { Matcher, ProfileSource, Window } from '../sources/source.js';
import { alignBaseline } from './evidence/align-baseline.js';
import type { EvidenceQuestion } from './evidence/prepare.js';
import { coverBoth, onGrid, planWindows } from './evidence/windows.js';

/** A side of a comparison: profiles and when; without a window the time just before the other side. */
interface AskedSide<Time extends Window | null> {
  selection: Selection;
  window: Time;
}

/** The profiles of both sides, each taken by one profiler, and what is known of them. */
export interface SelectedProfiles {
  /** The part of a question about them. */
  asked: Pick<EvidenceQuestion, 'source' | 'baseline' | 'matchers' | 'typeIds' | 'labelSets' | 'incident'>;
  /** Matchers of the baseline. */
  before: readonly Matcher[];
  /** Matchers that leave out the further profilers of an instance, and what is said about it. */
  oneProfiler: Awaited<ReturnType<typeof leaveOneProfiler>>;
}

/**
 * Selects the profiles of two sides that are to be compared, and reads their types and label sets. Without a
 * type there are no profiles in the incident.
 *
 * @throws UpstreamError
 */
export async function selectProfiles(
  source: ProfileSource,
  incident: AskedSide<Window>,
  baseline: AskedSide<Window | null>,
  context: Pick<ToolContext, 'getSchema' | 'signal' | 'soon'>,
): Promise<SelectedProfiles> {
  const { selection, window } = incident;
  const [selected, selectedBefore] = [allMatchers(selection), allMatchers(baseline.selection)];
  const sides = alignBaseline(source, window, selected, {
    window: baseline.window,
    matchers: selectedBefore,
  });
  const both = coverBoth(onGrid(planWindows(window, sides.baseline)));
  const sets = await readTypedLabelSets(sides.source, { matchers: selected, window }, both, context);
  const [first] = orderTypes(sets.typeIds);
  const oneProfiler =
    first === undefined
      ? { matchers: [], notes: [] }
      : await leaveOneProfiler(source, selection, first, window, context);
  return {
    asked: {
      ...sides,
      matchers: [...selected, ...oneProfiler.matchers],
      typeIds: sets.typeIds,
      labelSets: selectLabelSets(sets, oneProfiler.matchers),
      incident: window,
    },
    before: [...selectedBefore, ...oneProfiler.matchers],
    oneProfiler,
  };
}
