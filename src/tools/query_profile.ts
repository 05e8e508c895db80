import { offload } from '../offload.js';
import { isHeavyFilter } from '../profile/code/filter.js';
import { answerAbout } from '../query/profile-question.js';
import { requireWhole } from '../query/whole-or-reduced.js';
import { safeText } from '../text/sanitise.js';
import { isHeavyWork } from '../work/offload.js';
import type { Run } from './define.js';
import type { input } from './surface/query_profile.js';

/** Rows shown when the caller names no limit. */
const DEFAULT_ROWS = { top: 20, tree: 30 } as const;

export const run: Run<typeof input> = (args, context) =>
  answerAbout(
    args,
    context,
    (measured) => {
      const { focus, ignore, view, sort } = args;
      if (focus !== undefined || ignore !== undefined) requireWhole(measured, 'A filter on any frame');
      else if (view === 'top' && sort === 'total') requireWhole(measured, 'A ranking by total');
      else if (view === 'tree' && measured.reduced?.tree === null) requireWhole(measured, 'The call tree');
      const options = {
        view,
        sort,
        limit: args.limit ?? DEFAULT_ROWS[view],
        focus: focus ?? null,
        ignore: ignore ?? null,
      };
      const filter = {
        ...(focus === undefined ? {} : { focus }),
        ...(ignore === undefined ? {} : { ignore }),
      };
      context.pictures?.add({ kind: 'profile', measured, filter, of: filterText(filter) });
      return offload('view', [measured, options], {
        isHeavy: isHeavyWork(measured.active) || isHeavyFilter(measured.active, filter),
        signal: context.signal,
      });
    },
    { mayBeReduced: true },
  );

/** Says which stacks a picture holds; '' for all of them. */
function filterText({ focus, ignore }: { focus?: string; ignore?: string }): string {
  return [
    ...(focus === undefined ? [] : [`Only stacks with ${JSON.stringify(safeText(focus, 100))}.`]),
    ...(ignore === undefined ? [] : [`Without stacks with ${JSON.stringify(safeText(ignore, 100))}.`]),
  ].join(' ');
}
