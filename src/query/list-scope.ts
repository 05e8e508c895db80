import type { ListScope } from '../report/answers/lists.js';
import { formatSelector } from '../sources/selector.js';
import type { Matcher, ProfileSource, Window } from '../sources/source.js';
import type { ToolContext } from './context.js';
import { findLastHourWithData } from './data-range.js';
import { lookbackNotes } from './lookback.js';
import { type ProfileRequest, readRequest, type ScopeArguments } from './request.js';
import { allMatchers } from './selection.js';
import { withTeamsWord } from './team-word.js';

/** The arguments of a list, resolved against what the source holds. */
export interface ListQuestion {
  source: ProfileSource;
  service: string | null;
  matchers: readonly Matcher[];
  window: Window;
  request: ProfileRequest;
  scope: ListScope;
}

/**
 * Resolves the arguments of a list.
 * @throws UserError
 */
export async function readListQuestion(args: ScopeArguments, context: ToolContext): Promise<ListQuestion> {
  const { request, notes } = await withTeamsWord(await readRequest(args, context), context);
  const window = request.window ?? (await findLastHourWithData(request, context));
  const matchers = allMatchers(request);
  return {
    source: request.source,
    service: request.service,
    matchers,
    window,
    request,
    scope: {
      source: request.source.name,
      service: request.service,
      selector: formatSelector(matchers),
      window,
      notes: [
        ...notes,
        ...(await lookbackNotes(request.source, window, context)),
        ...(request.window === null ? ['No window was given: the last hour that has data was taken.'] : []),
      ],
    },
  };
}
