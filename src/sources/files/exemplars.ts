import { createHash } from 'node:crypto';
import { labelsFrom } from '../labels.js';
import type { Exemplar, ExemplarKind, Exemplars, Labels } from '../source.js';
import type { CatalogEntry } from './entry.js';
import { type FileSelection, listSets, type QueryPart } from './parts.js';

/** Maximum number of exemplars of an answer. */
const MAX_ROWS = 5_000;

/** The id of a profile file, a UUID as a server gives one to each profile; the same in every process. */
export function makeProfileId({ file, time }: Pick<CatalogEntry, 'file' | 'time'>): string {
  const hex = createHash('sha256').update(`${time} ${file}`).digest('hex');
  // A UUID of the form that its bytes are free to choose: version 8, variant 2.
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}

/** The heaviest profiles or spans among the files of a query, heaviest first. */
export function listExemplars(parts: readonly QueryPart[], typeId: string, kind: ExemplarKind): Exemplars {
  const counted = parts.filter(({ isSinceStart }) => !isSinceStart);
  const rows =
    kind === 'profiles'
      ? counted.map((part) => toProfileRow(part, typeId))
      : counted.flatMap((part) => listSpanRows(part, typeId));
  const heaviest = rows.sort(
    (a, b) => b.value - a.value || a.time - b.time || (getId(a) < getId(b) ? -1 : 1),
  );
  return {
    rows: heaviest.slice(0, MAX_ROWS),
    counted: kind === 'profiles' ? counted.length : counted.reduce((sum, part) => sum + countSpans(part), 0),
    notes: [],
  };
}

function toProfileRow(part: QueryPart, typeId: string): Exemplar {
  const sum = (selection: FileSelection) =>
    listSets(selection).reduce((total, { totals }) => total + (totals[typeIn(selection, typeId)] ?? 0), 0);
  return {
    time: part.entry.time,
    value: sum(part) - (part.subtracted === null ? 0 : sum(part.subtracted)),
    labels: common(listSets(part).map(({ labels }) => labels)),
    profileId: makeProfileId(part.entry),
    spanId: null,
    traceId: null,
  };
}

function countSpans({ entry, sets }: QueryPart): number {
  const { counts } = entry.spans;
  return counts.reduce((sum, count, set) => (sets === null || sets.includes(set) ? sum + count : sum), 0);
}

function listSpanRows({ entry, sets }: QueryPart, typeId: string): Exemplar[] {
  const type = typeIn({ entry }, typeId);
  const bySpan = new Map<string, { value: number; trace: string; labels: Labels[] }>();
  for (const { span, trace, set, totals } of entry.spans.heaviest) {
    if (sets !== null && !sets.includes(set)) continue;
    const row = bySpan.get(span) ?? { value: 0, trace, labels: [] };
    bySpan.set(span, row);
    row.value += totals[type] ?? 0;
    row.labels.push(entry.sets[set]?.labels ?? entry.labels);
  }
  return [...bySpan]
    .filter(([, { value }]) => value > 0)
    .map(([span, { value, trace, labels }]) => ({
      time: entry.time,
      value,
      labels: common(labels),
      profileId: null,
      spanId: span,
      traceId: trace || null,
    }));
}

function typeIn({ entry }: Pick<FileSelection, 'entry'>, typeId: string): number {
  return entry.typeIds.indexOf(typeId);
}

/** The labels that all sets share. */
function common([first = {}, ...others]: readonly Labels[]): Labels {
  return labelsFrom(
    Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)),
  );
}

function getId({ profileId, spanId }: Exemplar): string {
  return profileId ?? spanId ?? '';
}
