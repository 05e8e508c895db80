import { lookupText } from '../profile/code/find-function.js';
import { functionData } from '../profile/code/named-function.js';
import type { Measurement } from '../profile/measurement.js';
import { totalValue } from '../profile/model.js';
import { functionTable, rankFunctions } from '../profile/tables/table.js';
import { findNearest } from '../text/nearest.js';
import { safeText } from '../text/sanitise.js';
import { displayBriefly } from './functions.js';
import { nothingSampled, scopeData, scopeLines } from './measurement.js';
import { callScope, focusPattern, type NextCall, nextCall, nextRows } from './next.js';
import type { Answer, JsonObject } from './render.js';

/** Maximum number of functions offered in place of an unknown one. */
const OFFERED = 5;

/**
 * The answer about a function that has no cost in a profile: names like it, else the heaviest ones, and ready
 * calls.
 *
 * @param empty the fields of the tool's own answer, empty
 */
export function unknownFunctionAnswer(
  measured: Measurement,
  tool: 'get_timeline' | 'inspect_function',
  text: string,
  empty: JsonObject,
): Answer {
  const profile = measured.active;
  const hasSamples = totalValue(profile) > 0;
  const quotedName = JSON.stringify(safeText(text, 100));
  const detail = hasSamples
    ? `No function with any cost here is called ${quotedName}, and no name ends in it or contains it.`
    : nothingSampled(measured);
  const table = functionTable(profile);
  const ranked = rankFunctions(profile, table, 'total').flatMap((id) => {
    const info = profile.functions[id];
    return info === undefined ? [] : { info, line: table.lines[id] ?? 0 };
  });
  const ends = new Map(
    ranked.map((entry) => [entry.info.name.slice(entry.info.name.lastIndexOf('/') + 1), entry]),
  );
  const similar = findNearest(text, [...ends.keys()]).flatMap((end) => ends.get(end) ?? []);
  const offered = (similar.length > 0 ? similar : ranked).slice(0, OFFERED);
  const names = offered.map(({ info, line }) => functionData(info, line));
  const [best] = similar;
  const next: NextCall[] = !hasSamples
    ? []
    : best === undefined
      ? [nextCall('query_profile', { ...callScope(measured), sort: 'total' })]
      : [
          { tool, arguments: { ...callScope(measured), function: safeText(lookupText(best)) } },
          nextCall('query_profile', {
            ...callScope(measured),
            view: 'tree',
            focus: focusPattern(best.info.name),
          }),
        ];
  return {
    data: {
      ...scopeData(measured),
      ...empty,
      empty: { reason: 'unknown_function', detail, instead: names.map((fn) => fn.function) },
      notes: [detail, ...measured.notes],
      next: next.map((call) => ({ ...call })),
      links: [],
    },
    text: [
      { rows: scopeLines(measured) },
      {
        rows: [
          detail,
          ...(hasSamples
            ? [
                `${similar.length > 0 ? 'Names like it' : 'Heaviest functions by total'}: ${names.map(displayBriefly).join(', ')}`,
              ]
            : []),
        ],
      },
      { rows: nextRows(next) },
    ],
    lists: [],
  };
}
