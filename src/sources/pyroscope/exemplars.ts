import { UserError } from '../../errors.js';
import { formatTime } from '../../text/units.js';
import { labelsFrom } from '../labels.js';
import type { Exemplar, ExemplarKind, Exemplars, Labels, ProfileQuery } from '../source.js';
import { selectHeatmap } from './api.js';
import type { Transport } from './http/transport.js';
import { inAllowedLength, MIN_STEP_MS, stepSeconds } from './steps.js';
import { isAbsent, isRefusedByV2, type Stores } from './stores.js';

/**
 * Number of steps of a window. A server lists the heaviest of each of 20 ranges of value per step, so that
 * more steps hide fewer of those that are alike; at most 20 of a step are listed.
 */
const STEPS: Readonly<Record<ExemplarKind, number>> = { profiles: 240, spans: 120 };
/**
 * Label by which spans are grouped, the name of their operation: a server lists the heaviest of each group.
 * Instances are not told apart, since there may be a thousand.
 */
const GROUPED: Readonly<Record<ExemplarKind, readonly string[]>> = { profiles: [], spans: ['span_name'] };

/**
 * Reads the heaviest profiles or spans of a closed window, heaviest first: of each step and range of value
 * the heaviest one, so that the first row is the heaviest of all.
 *
 * @throws UserError where the server has no v2 storage for the window, or is too old
 */
export async function readExemplars(
  query: ProfileQuery,
  asked: { profileTypeId: string; labelSelector: string; kind: ExemplarKind },
  { transport, stores, signal }: { transport: Transport; stores: Stores; signal: AbortSignal },
): Promise<Exemplars> {
  const { from, to } = query.window;
  const read = async (start: number, end: number): Promise<Omit<Exemplars, 'notes'>> => {
    const step = stepSeconds(Math.max(MIN_STEP_MS, Math.ceil((end - start) / STEPS[asked.kind])));
    const { profileTypeId, labelSelector, kind } = asked;
    const slots = await inAllowedLength(start, end, async (first, last) => {
      const request = {
        profileTypeId,
        labelSelector,
        start: first,
        end: last,
        step,
        groupBy: GROUPED[kind],
        exemplars: kind,
      };
      const rows = await selectHeatmap(transport, request, signal);
      // The point at the start holds what is older.
      return rows.flatMap(({ labels, slots: ofRow }) =>
        ofRow
          .filter(({ time }) => time > first)
          .map((slot) => ({ ...slot, exemplars: slot.exemplars.map((row) => publicLabels(row, labels)) })),
      );
    });
    return {
      rows: sorted(slots.flatMap(({ exemplars }) => exemplars)),
      counted: slots.reduce((sum, { profiles }) => sum + profiles, 0),
    };
  };
  try {
    return { ...(await read(from - 1, to)), notes: [] };
  } catch (error) {
    if (!isRefusedByV2(error)) throw error;
    const pieces = await stores.pieces(from - 1, to, signal);
    const newer = pieces.find(({ store }) => store === 'v2');
    if (newer === undefined) throw cannotList(asked.kind);
    const answer = await read(newer.start, newer.end).catch((later: unknown) => {
      throw isAbsent(later) ? cannotList(asked.kind) : later;
    });
    return {
      ...answer,
      notes: [
        `Only the time since ${formatTime(newer.start)} is listed: before, the server's v1 storage holds the profiles, which it cannot list one by one.`,
      ],
    };
  }
}

function sorted(rows: readonly Exemplar[]): Exemplar[] {
  return rows.toSorted((a, b) => b.value - a.value || a.time - b.time || (getId(a) < getId(b) ? -1 : 1));
}

function getId({ profileId, spanId }: Exemplar): string {
  return profileId ?? spanId ?? '';
}

/** An exemplar with the labels of its group, which its own leave out, and without private ones. */
function publicLabels({ labels, ...rest }: Exemplar, group: Labels): Exemplar {
  const all = Object.entries({ ...labels, ...group });
  return { ...rest, labels: labelsFrom(all.filter(([name]) => !name.startsWith('__'))) };
}

function cannotList(kind: ExemplarKind): UserError {
  return new UserError(
    `This server lists no single ${kind}: that needs Pyroscope 1.19 or later with v2 storage, and it is older or answers from v1 storage.`,
    'get_timeline with group_by shows which instance costs most, and when; narrow `from`, `to` and `selector` to it.',
  );
}
