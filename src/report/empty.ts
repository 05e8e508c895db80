import type { IdSelection } from '../profile/ids.js';
import { safeText } from '../text/sanitise.js';
import { formatTime } from '../text/units.js';
import { type NextCall, nextRows } from './next.js';
import type { Answer } from './render.js';

/**
 * An answer about a request that matched nothing: which reason holds, what exists instead, and one ready
 * call.
 */
export function emptyAnswer(options: {
  source: string;
  service: string | null;
  selector: string;
  profileType: string | null;
  only?: IdSelection | null;
  window: { from: number; to: number };
  reason: string;
  detail: string;
  instead: readonly string[];
  retry: NextCall | null;
  notes: readonly string[];
}): Answer {
  const { window, retry } = options;
  const instead = options.instead.map((name) => safeText(name, 200));
  const detail = safeText(options.detail, 600);
  const windowText = `${formatTime(window.from)} to ${formatTime(window.to)}`;
  return {
    data: {
      scope: {
        source: options.source,
        service: options.service,
        selector: options.selector,
        ...(options.only == null ? {} : { only: { kind: options.only.kind, ids: [...options.only.ids] } }),
        profile_type_id: options.profileType,
        unit: null,
        from: formatTime(window.from),
        to: formatTime(window.to),
      },
      total: { value: 0, unit: null, rate: null, rate_unit: null, instances: 0, samples: 0 },
      coverage: { kept_share: 0, truncated: false },
      empty: { reason: options.reason, detail, instead },
      notes: [detail, ...options.notes],
      next: retry === null ? [] : [{ ...retry }],
      links: [],
    },
    text: [
      {
        rows: [
          `No data (${options.reason.replaceAll('_', ' ')}): ${detail}`,
          `Window ${windowText}, source ${safeText(options.source, 100)}.`,
        ],
      },
      { rows: instead.length === 0 ? [] : [`There is: ${instead.join(', ')}`] },
      { rows: options.notes.map((note) => `Note: ${note}`) },
      { rows: retry === null ? [] : nextRows([retry]) },
    ],
    lists: [],
  };
}
