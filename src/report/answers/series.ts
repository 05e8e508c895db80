import { type Measurement, round, roundShare } from '../../profile/measurement.js';
import { totalValue } from '../../profile/model.js';
import type { Series } from '../../profile/series/series.js';
import type { Span } from '../../profile/series/timeline.js';
import { formatRate, formatTime, formatValue } from '../../text/units.js';

/**
 * The form in which values over time are written: per second where the profiles cover the window, else per
 * profile or per snapshot.
 */
export interface Scale {
  /** Unit of a converted value: `cores`, or the type's unit per profile, `nanoseconds per profile`. */
  unit: string;
  /**
   * Words that a text adds once, after the last value: ` per profile`, ` goroutines per snapshot`; '' for a
   * rate.
   */
  per: string;
  /** Converts a mean value per profile, of which each instance sends one per interval (ms). */
  convert(perProfile: number, instances: number, interval: number): number;
  format(value: number): string;
  round(value: number): number;
}

export function chooseScale({ type, rate, active, window }: Measurement): Scale {
  const total = totalValue(active);
  if (rate !== null && total > 0) {
    const perMs = (rate.value / total) * (window.to - window.from);
    return {
      unit: rate.unit,
      per: '',
      convert: (perProfile, instances, interval) => (perProfile * instances * perMs) / interval,
      format: (value) => (value === 0 ? '0' : formatRate(value, rate.unit)),
      round: roundShare,
    };
  }
  const per = type.kind === 'instant' ? 'per snapshot' : 'per profile';
  const noun = type.noun === '' ? '' : ` ${type.noun}`;
  return {
    unit: `${type.unit} ${per}`,
    per: `${noun} ${per}`,
    convert: (perProfile) => perProfile,
    format: (value) => (value === 0 ? '0' : formatValue(value, type.unit)),
    round,
  };
}

/**
 * Describes the change of a series as the end of a sentence: `rose from 1 s to 2 s per profile between … and
 * …`.
 *
 * @param format writes the figure that the change was looked for in; `per` follows the last one
 */
export function changeText(
  { change, onset, excursion, isTestable }: Series,
  format: (value: number) => string,
  per = '',
): string {
  if (change === null) return isTestable ? 'shows no change point' : 'has too few parts to tell a change';
  const [outside, inside] = [format(change.outside), format(change.inside)];
  const rises = change.inside > change.outside;
  if (onset !== null)
    return `${rises ? 'rose' : 'fell'} from ${outside} to ${inside}${per} between ${formatTime(onset.after)} and ${formatTime(onset.before)}`;
  return `shows a ${rises ? 'burst' : 'dip'} to ${inside} ${excursion === null ? '' : spanText(excursion)}, else ${outside}${per}`;
}

/** `at 14:00:00Z`, or `from … to …`. */
export function spanText({ from, to }: Span): string {
  return from === to ? `at ${formatTime(from)}` : `from ${formatTime(from)} to ${formatTime(to)}`;
}
