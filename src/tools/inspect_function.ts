import { isUnnamed } from '../profile/builder.js';
import { lookupText } from '../profile/find-function.js';
import { frameOwner } from '../profile/frames.js';
import { functionView } from '../profile/neighbours.js';
import { functionAnswer } from '../report/function-view.js';
import { functionData } from '../report/functions.js';
import { callScope, focusPattern, longerScope } from '../report/next.js';
import { safeText } from '../report/sanitise.js';
import { isShort } from '../report/series.js';
import { unknownFunctionAnswer } from '../report/unknown-function.js';
import type { Run } from './define.js';
import { resolveFunction } from './function-argument.js';
import { functionSeries } from './function-series.js';
import { labelCosts } from './label-shares.js';
import { answerAbout } from './profile-question.js';
import type { input } from './surface/inspect_function.js';

/** Parts of the timeline: each is a merge. */
const TIMELINE_PARTS = 6;

/**
 * Requests besides those of the measurement (2, and a third where samples are counted by their own type): one series, at
 * most 6 counts where profiles cannot be told apart in it, 6 merges for the timeline, and for the labels at most 8 merges
 * and one question. Never more than 4 at a time.
 */
export const run: Run<typeof input> = (args, context) =>
  answerAbout('inspect_function', args, context, async (measured, scope) => {
    const target = resolveFunction(measured, args.function);
    const owners = measured.active.functions.map(frameOwner);
    const view =
      target === null
        ? null
        : functionView(measured.active, target.matches, (id) => owners[id] === 'application');
    if (target === null || view === null) {
      return unknownFunctionAnswer(measured, 'inspect_function', args.function, {
        callers: [],
        callees: [],
        lines: [],
        path: [],
      });
    }
    const { series } = await functionSeries(target, measured, scope, TIMELINE_PARTS, context);
    const labels = await labelCosts(target, scope, context);
    const fn = functionData(target.info, target.line);
    const name = safeText(lookupText(target));
    return functionAnswer(measured, {
      fn,
      owner: frameOwner(target.info),
      view,
      series,
      labels,
      next: [
        ...(isShort(series)
          ? [{ tool: 'get_timeline', arguments: { ...longerScope(measured), function: name } }]
          : []),
        ...(isUnnamed(fn.function)
          ? []
          : [
              {
                tool: 'query_profile',
                arguments: { ...callScope(measured), view: 'tree', focus: focusPattern(fn.function) },
              },
            ]),
      ],
    });
  });
