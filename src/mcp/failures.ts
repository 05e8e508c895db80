import type { PatternError } from '../errors.js';
import { type Advice, UpstreamError, type UpstreamKind, UserError } from '../errors.js';
import { PROGRAM } from '../program.js';
import { safeText } from '../text/sanitise.js';

/** Description and advice per kind of upstream failure; every answer takes its texts from this table. */
const UPSTREAM: Readonly<Record<UpstreamKind, { what: string; next: string }>> = {
  unreachable: {
    what: 'The profile store cannot be reached',
    next: `Nothing in the call can mend this. Tell the operator: \`${PROGRAM} doctor\` checks address and network.`,
  },
  timeout: {
    what: 'The profile store did not answer in time',
    next: 'Ask for a shorter window (from/to) or add a matcher to `selector`, then call again.',
  },
  unauthorized: {
    what: "The profile store refused this server's own credentials",
    next: `Nothing in the call can mend this. Tell the operator to check token, user or tenant: \`${PROGRAM} doctor\`.`,
  },
  rejected: {
    what: 'The profile store did not accept the request',
    next: 'Correct what the message names; where it is the length of the window, ask for a shorter one.',
  },
  not_found: {
    what: 'The profile store does not know this request',
    next: `The address may not be a Pyroscope server, or its version is too old. Tell the operator: \`${PROGRAM} doctor\`.`,
  },
  missing: {
    what: 'The data source is not there any more',
    next: 'Ask list_data_sources which there are, and name one of them in `source`.',
  },
  overloaded: {
    what: 'The profile store is overloaded',
    next: 'Wait half a minute, then ask again, with a shorter window if it repeats.',
  },
  paused: {
    what: 'The profile store is not asked at the moment, because it failed again and again',
    next: `Wait until then and ask again; which services, labels and types there are may still be known. If it stays, tell the operator: \`${PROGRAM} doctor\`.`,
  },
  failed: {
    what: 'The profile store failed',
    next: 'Ask once more; if it fails again, use a shorter window or another profile type and tell the operator.',
  },
  too_large: {
    what: 'The answer of the profile store is over the size limit',
    next: 'Ask for a shorter window or add a matcher to `selector` (one pod, one version). An operator sets the limit of bytes with --max-response.',
  },
  unreadable: {
    what: 'The answer of the profile store arrived broken or cannot be read',
    next: `Ask once more. If it stays, tell the operator: \`${PROGRAM} doctor\` shows what answers.`,
  },
};
/** Texts about a store that answers with a web page, such as a login form. */
const PAGE = {
  what: 'The profile store sent something that is not a Pyroscope answer',
  next: `A proxy or login page may stand in between. Tell the operator: \`${PROGRAM} doctor\` shows what answers.`,
};

/** Longest piece of upstream text that is quoted. */
const MAX_DETAIL = 300;
/** Longest piece of advice, which may hold names of the upstream. */
const MAX_ADVICE = 600;

/** Kinds of failure that a caller can mend, independent of the reason. */
const MENDED_BY_CALLER: ReadonlySet<UpstreamKind> = new Set([
  'timeout',
  'overloaded',
  'too_large',
  'rejected',
]);

/**
 * Shortens advice: its text is ours, but may quote the upstream, such as an action or the target of a
 * redirect.
 */
function adviceText(kind: UpstreamKind, { what, fix }: Advice): { what: string; next: string } {
  if (kind === 'paused') return { what: safeText(what, MAX_ADVICE), next: UPSTREAM.paused.next };
  const operator = `Tell the operator: ${safeText(fix, MAX_ADVICE)}`;
  return {
    what: safeText(what, MAX_ADVICE),
    next: MENDED_BY_CALLER.has(kind)
      ? `${UPSTREAM[kind].next} If it stays: ${operator}`
      : `Nothing in the call can mend this. ${operator}`,
  };
}

/** A failure as text for the caller: what failed with the value given, why, what to do next. */
export function describeFailure(error: UserError | UpstreamError | PatternError): string {
  if (error instanceof UserError) return `${safeText(error.message)}\nNext: ${safeText(error.next)}`;
  if (error instanceof UpstreamError) {
    const usual = error.isPage ? PAGE : UPSTREAM[error.kind];
    const { what, next } = error.advice === null ? usual : adviceText(error.kind, error.advice);
    const status =
      error.status === null
        ? ''
        : ` (HTTP ${error.status}${error.code === null ? '' : `, ${safeText(error.code, 40)}`})`;
    const detail = safeText(error.detail, MAX_DETAIL);
    return `${what}${status}${detail === '' ? '' : `: ${JSON.stringify(detail)}`}.\nNext: ${next}`;
  }
  if (error.kind === 'size') {
    return (
      `The pattern ${JSON.stringify(safeText(error.pattern, 100))} is too large: ${safeText(error.message, 200)}.\n` +
      'Next: shorten counted repetitions such as {1000} and lists of alternatives, or filter by one part of a name.'
    );
  }
  return (
    `The pattern ${JSON.stringify(safeText(error.pattern, 100))} is not a valid regular expression: ${safeText(error.message, 200)}.\n` +
    'Next: use RE2 syntax (no lookarounds, no back references); quote dots and brackets with a backslash.'
  );
}
