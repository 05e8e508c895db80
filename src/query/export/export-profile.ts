import { UserError } from '../../errors.js';
import { offload } from '../../offload.js';
import type { EncodedProfile } from '../../profile/export/encode.js';
import type { ExportFormat, ExportHead } from '../../profile/export/exported.js';
import { type PgoObstacle, pgoObstacle } from '../../profile/export/pgo.js';
import { idsText } from '../../profile/ids.js';
import { isDifference } from '../../profile/model.js';
import { isLink } from '../../text/link.js';
import { safeText } from '../../text/sanitise.js';
import { formatTime, formatValue, plural } from '../../text/units.js';
import { PACKAGE } from '../../version.js';
import type { ToolContext } from '../context.js';
import { explainEmptiness } from '../emptiness.js';
import { lookbackNotes } from '../lookback.js';
import { explainNoSamples } from '../no-samples.js';
import { type ProfileRequest, readRequest, type ScopeArguments } from '../request.js';
import { mergeQuery, profileQuery, resolveScope, type Scope } from '../scope.js';
import { selectorText } from '../selection.js';

/** From this number of frames on a file is written in a thread: some 50 ms with its compression. */
const HEAVY_FRAMES = 200_000;

const NAMES_ONLY =
  'The server gives the samples of these spans with the names of functions only: the file has no files and lines.';

/** The profile that is exported, and how. */
export interface ExportArguments extends ScopeArguments {
  /** Link to a page with profiles, from which the arguments that are left out are taken. */
  url?: string | undefined;
  format: ExportFormat;
  /** Whether the file must be fit for `go build -pgo`. */
  isForPgo: boolean;
}

/** A profile as a file. */
export interface ExportedProfile {
  /** Content of the file; pprof is compressed with gzip. */
  bytes: Uint8Array;
  /** Content of the file in a line: stacks, type, total, selector, window. */
  summary: string;
  /** Notes for the reader about what was chosen, left out or divided. */
  notes: readonly string[];
}

/**
 * Reads a merged profile whole, and writes it as a file. Functions stay as the profiles name them.
 * @throws UserError where there is no data, or the profile does not fit the format; UpstreamError
 */
export async function exportProfile(args: ExportArguments, context: ToolContext): Promise<ExportedProfile> {
  const { question, notes: linkNotes } = await readQuestion(args, context);
  const { profile_type: typeArgument } = question;
  const wanted =
    args.isForPgo && typeArgument === undefined ? { ...question, profile_type: 'cpu' } : question;
  const request = await readRequest(wanted, context);
  const resolution = await resolveScope(request, context);
  if ('missing' in resolution)
    throw await noData(resolution.missing, resolution.window, args.isForPgo, context);
  const { scope } = resolution;
  const { source, type } = scope;
  const query = { ...mergeQuery(scope), isApart: true };
  const [{ profile, notes, isNamesOnly = false }, snapshots] = await Promise.all([
    source.profile(query, context.signal),
    // How many profiles hold samples of a request is not known, so that nothing is divided then.
    type.kind === 'instant' && scope.only === null
      ? source.snapshots(profileQuery(scope), [], context.signal)
      : [],
  ]);
  if (profile.values.length === 0) {
    const { service, matchers } = scope;
    throw await noData(
      { ...request, service, matchers, profileType: type.id },
      scope.window,
      args.isForPgo,
      context,
    );
  }
  if (isDifference(profile)) {
    throw new UserError(
      'This profile is the difference of two: some of its values are negative, and an exported profile has none.',
      'Export the two sides one by one, and compare them with `go tool pprof -diff_base`.',
    );
  }
  const obstacle = args.isForPgo ? pgoObstacle(profile) : null;
  if (obstacle !== null) throw unfitForPgo(obstacle, scope);
  const divisor = Math.max(
    1,
    snapshots.reduce((sum, { profiles }) => sum + profiles, 0),
  );
  const isHeavy = profile.stackFrames.length >= HEAVY_FRAMES;
  const encoded = await offload('export', [profile, buildHead(scope, divisor), args.format], {
    isHeavy,
    signal: context.signal,
  });
  return {
    bytes: encoded.bytes,
    summary: summarize(encoded, scope),
    notes: [
      ...linkNotes,
      ...scope.notes,
      ...(divisor === 1 ? [] : [`The values are the mean of ${divisor} snapshots.`]),
      ...notes,
      ...(isNamesOnly ? [NAMES_ONLY] : []),
      ...(await lookbackNotes(source, scope.window, context)),
    ].map((note) => safeText(note, 600)),
  };
}

/** Arguments that a link can fill in. */
const QUESTION = [
  ...(['source', 'service', 'profile_type', 'selector', 'from', 'to'] as const),
  ...(['span_id', 'trace_id', 'profile_id'] as const),
] as const;

/**
 * The question of an export, with what its link says.
 * @throws UserError for a link that cannot be read, or a second one
 */
async function readQuestion(
  { url, selector, ...others }: ExportArguments,
  context: ToolContext,
): Promise<{ question: ScopeArguments; notes: readonly string[] }> {
  const isLinked = selector !== undefined && isLink(selector);
  if (url !== undefined && isLinked) {
    throw new UserError('`url` and `selector` both hold a link.', 'Give the link once, in `url`.');
  }
  const link = isLinked ? selector : url;
  const given = { ...others, ...(isLinked ? {} : { selector }) };
  if (link === undefined) return { question: given, notes: [] };
  const { fillFromLink } = await import('../from-link/arguments.js');
  const call = {
    tool: 'export',
    args: given,
    link,
    takes: new Set<string>(QUESTION),
    needs: new Set<string>(),
  };
  const { args, notes } = await fillFromLink(call, context);
  // A link fills in texts only.
  const filled = QUESTION.flatMap((name) => {
    const value = args[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return { question: Object.fromEntries(filled), notes };
}

function buildHead(scope: Scope, divisor: number): ExportHead {
  const { source, service, type, window, only } = scope;
  const [, , , periodType = '', periodUnit = ''] = type.id.split(':');
  const { from, to } = window;
  return {
    program: service ?? source.name,
    periodType: periodType === '' ? null : { type: periodType, unit: periodUnit },
    from,
    to,
    comments: [
      `${type.id} of ${selectorText(scope)}${only === null ? '' : `, ${idsText(only)}`}`,
      `${formatTime(from)} to ${formatTime(to)}, source ${source.name}`,
    ],
    exporter: `${PACKAGE.name} ${PACKAGE.version}`,
    divisor,
  };
}

function summarize({ stacks, total, unit }: EncodedProfile, scope: Scope): string {
  const { source, type, window, only } = scope;
  return (
    `${plural(stacks, 'stack')} of ${type.alias}, total ${formatValue(total, unit)}; ` +
    `${safeText(selectorText(scope), 300)}${only === null ? '' : `, ${idsText(only)}`}, ${formatTime(window.from)} to ${formatTime(window.to)}, ` +
    `source ${safeText(source.name, 100)}`
  );
}

function unfitForPgo(obstacle: PgoObstacle, { service, type }: Scope): UserError {
  const subject = service ?? 'This selection';
  switch (obstacle) {
    case 'type':
      return new UserError(
        `\`go build -pgo\` takes profiles of CPU time only, and ${safeText(type.id, 200)} is none.`,
        'Leave `profile_type` out, or use cpu.',
      );
    case 'no_go':
      return new UserError(
        `${subject} has no function from a Go file, so there is nothing that \`go build -pgo\` could use.`,
        'Name a service that is written in Go, or export without pgo.',
      );
    default:
      return new UserError(
        `The profiles of ${subject} do not say on which line a function begins, and \`go build -pgo\` refuses such a profile.`,
        'Build the service with Go 1.20 or newer, which writes these lines, and export a window after that.',
      );
  }
}

/** The error for a window without the profile, with what there is instead. */
async function noData(
  request: ProfileRequest,
  window: { from: number; to: number },
  isForPgo: boolean,
  context: ToolContext,
): Promise<UserError> {
  const { detail, instead, retry } =
    (await explainNoSamples(request, window, context)) ?? (await explainEmptiness(request, window, context));
  const there = instead.length === 0 ? '' : `There is: ${instead.slice(0, 5).join(', ')}. `;
  // `go build -pgo` takes no other type.
  const isRefused = isForPgo && retry?.profile_type !== undefined && !retry.profile_type.startsWith('cpu');
  const tried =
    retry === null || isRefused
      ? `Use other times or another service${isRefused ? ', or export without pgo' : ''}.`
      : `Try ${JSON.stringify(retry)}.`;
  return new UserError(`There is nothing to export: ${detail}`, `${there}${tried}`);
}
