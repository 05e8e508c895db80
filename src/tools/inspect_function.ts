import { offload } from '../offload.js';
import { lookupText } from '../profile/code/find-function.js';
import { functionData, type NamedFunction } from '../profile/code/named-function.js';
import { isUnnamed } from '../profile/code/names.js';
import { listOwners } from '../profile/code/owners.js';
import type { Measurement } from '../profile/measurement.js';
import { isShort, type Series } from '../profile/series/series.js';
import { resolveFunction } from '../query/function-argument.js';
import { askSideQuestion } from '../query/not-read.js';
import { answerAbout } from '../query/profile-question.js';
import { functionSeries } from '../query/timeline/function-series.js';
import { labelCosts } from '../query/timeline/label-shares.js';
import { requireWhole } from '../query/whole-or-reduced.js';
import { functionAnswer } from '../report/answers/function-view.js';
import {
  callScope,
  focusPattern,
  longerScope,
  type NextCall,
  nextCall,
  shorterScope,
} from '../report/next.js';
import { unknownFunctionAnswer } from '../report/unknown-function.js';
import { safeText } from '../text/sanitise.js';
import { isHeavyWork } from '../work/offload.js';
import type { Run } from './define.js';
import type { input } from './surface/inspect_function.js';

/** Parts of the timeline: each is a merge. */
const TIMELINE_PARTS = 6;
/** A side question that a profile which was read in part leaves open; the answer says so elsewhere. */
const NOT_ASKED = { value: null, notes: [] };

/**
 * Answers with the places of one function. Requests in addition to those of the measurement (2, and a third
 * where samples are counted by their own type): one series, at most 6 counts where profiles cannot be told
 * apart in it, 6 merges for the timeline, and for the labels at most 8 merges and one question. At most 4 of
 * them run at a time.
 */
export const run: Run<typeof input> = (args, context) =>
  answerAbout(
    args,
    context,
    async (measured, scope) => {
      const { signal } = context;
      const { active } = measured;
      const isWhole = measured.reduced === null;
      const target = await resolveFunction(measured, args.function, signal);
      const view =
        target === null
          ? null
          : await offload('function', [active, target.info, isWhole], {
              isHeavy: isHeavyWork(active),
              signal,
            });
      if (target === null || view === null) {
        requireWhole(measured, 'A function without own cost');
        return unknownFunctionAnswer(measured, 'inspect_function', args.function, {
          callers: [],
          callees: [],
          lines: [],
          path: [],
        });
      }
      // Single requests have no course and no instances: both would show all samples.
      const isOfAll = isWhole && measured.only === null;
      const timeline = isOfAll
        ? await askSideQuestion(
            'The timeline',
            () => functionSeries(target, measured, scope, { maxParts: TIMELINE_PARTS }, context),
            context,
          )
        : NOT_ASKED;
      const byLabel = isOfAll
        ? await askSideQuestion('The share by label', () => labelCosts(target, scope, context), context)
        : NOT_ASKED;
      const series = timeline.value?.series ?? null;
      const notes = [
        ...measured.notes,
        ...timeline.notes,
        ...(timeline.value?.notes ?? []),
        ...byLabel.notes,
      ];
      const fn = functionData(target.info, target.line);
      const name = safeText(lookupText(target));
      return functionAnswer(
        { ...measured, notes },
        {
          fn,
          owner: listOwners(active)[active.functions.findIndex(target.matches)] ?? 'application',
          view,
          series,
          labels: byLabel.value ?? [],
          next: isWhole
            ? nextCalls(measured, { fn, name, series })
            : [{ tool: 'inspect_function', arguments: { ...shorterScope(measured), function: name } }],
        },
      );
    },
    { mayBeReduced: true },
  );

function nextCalls(
  measured: Measurement,
  { fn, name, series }: { fn: NamedFunction; name: string; series: Series | null },
): NextCall[] {
  return [
    ...(series !== null && isShort(series)
      ? [nextCall('get_timeline', { ...longerScope(measured), function: name })]
      : []),
    ...(isUnnamed(fn.function)
      ? []
      : [
          nextCall('query_profile', {
            ...callScope(measured),
            view: 'tree',
            focus: focusPattern(fn.function),
          }),
        ]),
  ];
}
