import { leafMeaning } from '../../profile/code/leaf-meaning.js';
import type { NamedFunction } from '../../profile/code/named-function.js';
import type { Measurement } from '../../profile/measurement.js';
import { isDifference } from '../../profile/model.js';
import { drawFindings, type Findings } from '../../profile/tables/findings.js';
import type { RankedFunction } from '../../profile/tables/top-functions.js';
import { HANDS_ON, OWN_COST_FLOOR } from '../../profile/tables/tree.js';
import { formatShare } from '../../text/units.js';
import { chargeText, displayBriefly, displayFunction, displayName } from '../functions.js';
import { guessNotes } from '../guess-notes.js';
import {
  amountText,
  natureOfTotal,
  nothingSampled,
  reducedNotes,
  scopeData,
  scopeLines,
} from '../measurement.js';
import { callScope, focusPattern, type NextCall, nextRows, shorterScope } from '../next.js';
import type { Answer, Block } from '../render.js';

/** Unsymbolised cost above this share is worth a warning: names are missing where the cost is. */
const UNSYMBOLISED_WARNING = 0.05;
/** A share of the total that dominates a profile. */
const DOMINANT = 0.5;
/** A path below this share of the total explains nothing. */
const NOTICEABLE = 0.01;
/**
 * A hottest path with less than this part of the most expensive function's cost is not what to read first.
 */
const DECOY = 0.5;
/** Below this many samples shares jitter by points, and the answer says by how many. */
const FEW_SAMPLES = 1_000;

/**
 * The findings of one profile: headline, hottest path, the application's code with what it causes, top
 * functions by own cost. Shares are of the active total.
 */
export function summaryAnswer(measured: Measurement, limit: number): Answer {
  const findings = drawFindings(measured, limit);
  const { path } = findings;
  const sentence = `${natureOfTotal(measured)}${headline(measured, findings)}`;
  const notes = [...measured.notes, ...reducedNotes(measured)];
  if (findings.unsymbolisedShare >= UNSYMBOLISED_WARNING) {
    notes.push(
      `${formatShare(findings.unsymbolisedShare)} of the total is own cost of functions without symbols.`,
    );
  }
  if (findings.noStackShare >= NOTICEABLE)
    notes.push(`${formatShare(findings.noStackShare)} of the total has no stack: it is in no function.`);
  if (measured.samples !== null && measured.samples > 0 && measured.samples < FEW_SAMPLES)
    notes.push(jitterNote(measured.samples));
  notes.push(...guessNotes(findings.guessed));
  const next = nextCalls(measured, findings);
  return {
    data: {
      ...scopeData(measured),
      headline: sentence,
      hottest_path: {
        frames: path.frames.map((frame) => ({ ...frame })),
        explains_until: path.explainsUntil,
        explains_share: path.explainsShare,
        branches: path.branches.map((branch) => ({ ...branch })),
      },
      top_functions: findings.top.map((row) => ({ ...row })),
      application_functions: findings.application.map((row) => ({ ...row })),
      heaviest_stack:
        findings.heaviest === null
          ? null
          : {
              share: findings.heaviest.share,
              leaf: findings.heaviest.leaf.function,
              distinct_stacks: findings.heaviest.distinct,
            },
      unsymbolised_share: findings.unsymbolisedShare,
      notes,
      next: next.map((call) => ({ ...call })),
      links: [],
    },
    text: summaryText(measured, findings, sentence, notes, next),
    lists: ['top_functions', 'application_functions', 'hottest_path.frames'],
  };
}

/**
 * Half-width of the 95 % interval of a 5 % share, binomial: the least that chance does, since samples come in
 * bursts.
 */
function jitterNote(samples: number): string {
  const points = 196 * Math.sqrt((0.05 * 0.95) / samples);
  return `Only ${samples} samples: by chance alone a share of 5% is uncertain by ±${points.toFixed(1)} points.`;
}

/**
 * Indexes of the frame that the answer names, the last application frame down to the mark, and of its
 * application caller; -1 where there is none.
 */
function culprit({ path }: Findings): { at: number; caller: number } {
  const applicationFrames = path.frames
    .map((_, index) => index)
    .filter((index) => index <= path.explainsUntil && path.application[index]);
  return { at: applicationFrames.at(-1) ?? -1, caller: applicationFrames.at(-2) ?? -1 };
}

/**
 * Writes one to three sentences that answer the question: where the cost goes, and through which of the
 * team's functions.
 */
function headline(measured: Measurement, findings: Findings): string {
  const { path, top, application } = findings;
  if (isDifference(measured.active)) return changes(measured, findings);
  const what = measured.type.isWallClock ? `active ${measured.type.alias} time` : measured.type.alias;
  const mark = path.frames[path.explainsUntil];
  const [leader] = top;
  if (mark === undefined) return leader === undefined ? nothingSampled(measured) : largestOwn(leader);
  const { at, caller } = culprit(findings);
  const frame = path.frames[at];
  const from = path.frames[caller];
  const hasBranches = path.explainsUntil < path.frames.length - 1;
  const calledBy = from === undefined ? '' : `, called by ${displayBriefly(from)}`;
  const hottest =
    frame === undefined || frame === mark
      ? `${formatShare(mark.total_share)} of ${what} ${hasBranches ? 'passes through' : 'ends in'} ${displayFunction(mark)}${frame === undefined ? '' : calledBy}${hasBranches ? ', then divides' : ''}.`
      : `${formatShare(frame.total_share)} of ${what} goes through ${displayFunction(frame)}${calledBy}, into ${displayName(mark.function)} (${formatShare(mark.total_share)})${hasBranches ? ', then divides' : ''}.`;
  const pathShare = (frame ?? mark).total_share;
  const [biggest] = application;
  const sentences =
    pathShare < NOTICEABLE
      ? [`No path stands out: the heaviest holds ${formatShare(pathShare)} of ${what}.`]
      : [measured.reduced === null ? hottest : `At least ${hottest}`];
  if (biggest !== undefined && biggest.function !== frame?.function) {
    const sentence = `Most expensive application function: ${displayFunction(biggest)} with ${formatShare(biggest.charged_share)}, libraries included.`;
    if (pathShare < DECOY * biggest.charged_share) sentences.unshift(sentence);
    else sentences.push(sentence);
  }
  if (pathShare >= NOTICEABLE && pathShare < DOMINANT)
    sentences.push('No single path holds half of the cost.');
  if (leader !== undefined && leader.function !== mark.function) sentences.push(largestOwn(leader));
  return sentences.join(' ');
}

/** Names the largest increase and decrease of own cost. */
function changes(measured: Measurement, { top }: Findings): string {
  const named = (row: RankedFunction | undefined, what: string) =>
    row === undefined
      ? `No ${what}.`
      : `Largest ${what}: ${displayFunction(row)} with ${amountText(measured, row.self)} (${formatShare(row.self_share)}).`;
  return [
    named(
      top.find(({ self }) => self > 0),
      'increase',
    ),
    named(
      top.find(({ self }) => self < 0),
      'decrease',
    ),
  ].join(' ');
}

function largestOwn(leader: NamedFunction & { self_share: number }): string {
  const meaning = leafMeaning(leader.function);
  return `Largest own cost: ${displayBriefly(leader)}${meaning === null ? '' : ` (${meaning})`} with ${formatShare(leader.self_share)}.`;
}

function nextCalls(measured: Measurement, findings: Findings): NextCall[] {
  const target: NamedFunction | undefined =
    findings.path.frames[culprit(findings).at] ?? findings.application[0] ?? findings.top[0];
  if (target === undefined) return [];
  if (measured.reduced !== null) return [{ tool: 'summarize_profile', arguments: shorterScope(measured) }];
  return [
    {
      tool: 'query_profile',
      arguments: { ...callScope(measured), view: 'tree', focus: focusPattern(target.function) },
    },
  ];
}

function summaryText(
  measured: Measurement,
  findings: Findings,
  sentence: string,
  notes: readonly string[],
  next: readonly NextCall[],
): Block[] {
  const of = measured.type.isWallClock ? 'active total' : 'total';
  const application = findings.application.map(
    (row) => `${percent(row.charged_share)} ${percent(row.total_share)}  ${displayFunction(row)}`,
  );
  const top = findings.top.map((row, index) => {
    const to = chargeText(findings.charges[index] ?? null, findings.charges[index - 1] ?? null);
    return `${percent(row.self_share)} ${amountText(measured, row.self)}  ${displayFunction(row)}${to}`;
  });
  const { heaviest } = findings;
  return [
    { rows: scopeLines(measured) },
    { rows: [`Finding: ${sentence}`] },
    {
      title: `${isDifference(measured.active) ? 'Path of the largest increases' : 'Hottest path'} (${measured.reduced === null ? '' : 'at least; '}share of the ${of}):`,
      rows: pathRows(findings),
      keep: 12,
      more: 'query_profile with view=tree',
    },
    {
      rows:
        heaviest === null || heaviest.distinct === 1
          ? []
          : [
              `Heaviest of ${heaviest.distinct} different stacks: ${formatShare(heaviest.share)}, ending in ${displayBriefly(heaviest.leaf)}.`,
            ],
    },
    {
      title: 'Application code (cost with the libraries and runtime it calls; total with all callees):',
      rows: application,
      keep: 3,
    },
    {
      title: `Top ${findings.top.length} of ${findings.functions} functions by own cost, ${formatShare(findings.topShare)} of the ${of} ("<-": application function that it is charged to):`,
      rows: top,
      keep: 5,
      more: 'query_profile with a limit',
    },
    { rows: notes.map((note) => `Note: ${note}`) },
    { rows: nextRows(next) },
  ];
}

function percent(share: number): string {
  return formatShare(share).padStart(5);
}

/** Maximum number of frames shown below the mark: the chain there is one of many. */
const BELOW_MARK = 2;
/**
 * Maximum number of application frames above the mark that are shown even if they only pass cost on: they
 * tell how the cost was reached.
 */
const CALLERS_SHOWN = 4;

function pathRows({ path }: Findings): string[] {
  const last = path.frames.length - 1;
  const callers = path.frames
    .map((_, index) => index)
    .filter((index) => index <= path.explainsUntil && path.application[index])
    .slice(-CALLERS_SHOWN);
  const shown = path.frames.map((frame, index) => {
    if (index === 0 || index === path.explainsUntil || index === last || callers.includes(index)) return true;
    if (index > path.explainsUntil) return index <= path.explainsUntil + BELOW_MARK;
    return (path.frames[index + 1]?.parent_share ?? 0) < HANDS_ON || frame.self_share >= OWN_COST_FLOOR;
  });
  const rows: string[] = [];
  path.frames.forEach((frame, index) => {
    if (!shown[index]) return;
    const next = shown.indexOf(true, index + 1);
    const folded = (next < 0 ? last + 1 : next) - index - 1;
    const self = frame.self_share >= OWN_COST_FLOOR ? ` (self ${formatShare(frame.self_share)})` : '';
    const mark = index > path.explainsUntil ? '~' : ' ';
    rows.push(
      `${mark}${percent(frame.total_share)} ${displayFunction(frame)}${self}${folded > 0 ? ` … +${folded}` : ''}`,
    );
    if (index === path.explainsUntil && index < last) {
      const branches = path.branches.map(
        (branch) => `${displayBriefly(branch)} ${formatShare(branch.total_share)}`,
      );
      rows.push(
        `  ^ explains ${formatShare(path.explainsShare)}; then one of many (~). Branches: ${branches.join(', ')}`,
      );
    }
  });
  return rows;
}
