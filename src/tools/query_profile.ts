import { filterStacks } from '../profile/filter.js';
import { profileViewAnswer } from '../report/profile-view.js';
import type { Run } from './define.js';
import { answerAbout } from './profile-question.js';
import type { input } from './surface/query_profile.js';

/** Rows shown when the caller names no limit. */
const DEFAULT_ROWS = { top: 20, tree: 30 } as const;

export const run: Run<typeof input> = (args, context) =>
  answerAbout('query_profile', args, context, (measured) => {
    const { focus, ignore, view, sort } = args;
    const filtered = filterStacks(measured.active, {
      ...(focus === undefined ? {} : { focus }),
      ...(ignore === undefined ? {} : { ignore }),
    });
    return profileViewAnswer(measured, filtered, {
      view,
      sort,
      limit: args.limit ?? DEFAULT_ROWS[view],
      focus: focus ?? null,
      ignore: ignore ?? null,
    });
  });
