import { UserError } from '../errors.js';
import type { IdSelection } from '../profile/ids.js';
import { parseSelector } from '../sources/selector.js';
import type { ProfileSource, Window } from '../sources/source.js';
import { formatTime } from '../text/units.js';
import type { ToolContext } from './context.js';
import { type IdArguments, readIds } from './ids.js';
import type { Selection } from './selection.js';
import { parseTime } from './time.js';

const HOUR = 3_600_000;

/** The arguments that select profiles. */
export interface ScopeArguments extends IdArguments {
  source?: string | undefined;
  service?: string | undefined;
  profile_type?: string | undefined;
  selector?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** The request of a caller, resolved as far as it can be without knowing what exists. */
export interface ProfileRequest extends Selection {
  source: ProfileSource;
  /** Null stands for the last hour that has data. */
  window: Window | null;
  profileType: string | null;
  /** Samples of single requests or profiles, where the caller names some. */
  only: IdSelection | null;
}

/**
 * Reads source, selector and times, and checks them without asking the store what exists.
 * @throws UserError, UpstreamError
 */
export async function readRequest(args: ScopeArguments, context: ToolContext): Promise<ProfileRequest> {
  const only = readIds(args);
  const source = await context.sources.pick(args.source, context.signal);
  const parsed = parseSelector(args.selector ?? '');
  const serviceMatcher = parsed.find((matcher) => matcher.name === 'service_name' && matcher.op === '=');
  if (serviceMatcher !== undefined && args.service !== undefined && serviceMatcher.value !== args.service) {
    throw new UserError(
      `\`service\` is ${JSON.stringify(args.service)}, but \`selector\` asks for service_name=${JSON.stringify(serviceMatcher.value)}.`,
      'Give the service once, in `service`.',
    );
  }
  return {
    source,
    service: args.service ?? serviceMatcher?.value ?? null,
    matchers: parsed.filter((matcher) => matcher !== serviceMatcher),
    window: readWindow(args, source, context.now()),
    profileType: args.profile_type ?? null,
    only,
  };
}

function readWindow(args: ScopeArguments, source: ProfileSource, now: number): Window | null {
  if (args.from === undefined && args.to === undefined) return null;
  const to = args.to === undefined ? now : parseTime('to', args.to, now);
  const from = args.from === undefined ? to - HOUR : parseTime('from', args.from, now);
  if (from > to) {
    throw new UserError(
      `\`from\` (${formatTime(from)}) is after \`to\` (${formatTime(to)}).`,
      args.to === undefined
        ? 'Without `to` the window ends now.'
        : `Swap them: {"from":"${formatTime(to)}","to":"${formatTime(from)}"}.`,
    );
  }
  if (from > now && source.isLive) {
    throw new UserError(
      `The window from ${formatTime(from)} to ${formatTime(to)} lies in the future.`,
      `The server's clock says ${formatTime(now)}. Use an earlier window, for example {"from":"now-1h"}.`,
    );
  }
  return { from, to };
}

/** The arguments for the other side of a comparison, where the caller names it. */
export interface BaselineArguments {
  baseline_from?: string | undefined;
  baseline_to?: string | undefined;
  /** A selector for different profiles, so that the windows of the two sides may overlap. */
  baseline_selector?: string | undefined;
}

/**
 * Reads the baseline window of a comparison; null where the caller names none.
 * @throws UserError when it ends before it begins, or overlaps the window of the same profiles
 */
export function readBaseline(args: BaselineArguments, window: Window, now: number): Window | null {
  if (args.baseline_from === undefined && args.baseline_to === undefined) return null;
  const to =
    args.baseline_to === undefined ? window.from - 1 : parseTime('baseline_to', args.baseline_to, now);
  const from =
    args.baseline_from === undefined
      ? to - (window.to - window.from)
      : parseTime('baseline_from', args.baseline_from, now);
  if (from > to) {
    throw new UserError(
      `\`baseline_from\` (${formatTime(from)}) is after \`baseline_to\` (${formatTime(to)}).`,
      'Swap them, or leave both out: the time just before the window is taken then.',
    );
  }
  // A profile at a shared instant would count on both sides.
  const end = Math.max(from, to === window.from ? to - 1 : to);
  if (args.baseline_selector === undefined && from <= window.to && end >= window.from) {
    throw new UserError(
      `The baseline (${formatTime(from)} to ${formatTime(to)}) overlaps the window (${formatTime(window.from)} to ${formatTime(window.to)}): the same profiles would stand on both sides.`,
      from < window.from
        ? `End it where the window begins: {"baseline_to":"${formatTime(window.from)}"}.`
        : 'Leave `baseline_from` and `baseline_to` out: the time just before the window is taken then.',
    );
  }
  return { from, to: end };
}
