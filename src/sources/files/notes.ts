import { safeText } from '../../text/sanitise.js';
import { plural } from '../../text/units.js';
import type { BrokenFile } from './profile-file.js';
import type { FileRemark } from './remarks.js';

const MAX_NAMED = 3;
/** Maximum number of different remarks in an answer. */
const MAX_REMARKS = 4;

/** The use of a counter since process start in a merge. */
export interface CounterUse {
  /** Whether the values count since the process started, without an earlier reading to subtract. */
  isSinceStart: boolean;
  /** Whether this is a reading of a counter; the reading before it is subtracted, if there is one. */
  isCounted: boolean;
  /** Whether this may be a reading of a counter; nothing is subtracted. */
  isSuspected: boolean;
}

/** Notes for the reader on counters in a merge. */
export function counterNotes(uses: readonly CounterUse[]): string[] {
  if (uses.some(({ isSinceStart }) => isSinceStart))
    return [
      'These files count since the process started: one reading says nothing about a window. With a second one of the same instance the difference is known.',
    ];
  return [
    ...(uses.some(({ isCounted }) => isCounted)
      ? ['These files hold counters since process start; each was reduced by the one before it.']
      : []),
    ...(uses.some(({ isSuspected }) => isSuspected)
      ? [
          'These profiles may count since process start (scraped): then a sum over time means nothing. Compare a window around one of them with a window around a later one.',
        ]
      : []),
  ];
}

/** Notes on files that are left out; the problems of the source list all of them. */
export function brokenNotes(broken: readonly BrokenFile[]): string[] {
  if (broken.length === 0) return [];
  const named = broken.slice(0, MAX_NAMED).map(({ file, reason }) => `${file} (${reason})`);
  return [
    `${plural(broken.length, 'file')} could not be read and ${broken.length === 1 ? 'is' : 'are'} left out: ${listNames(named, broken.length)}.`,
  ];
}

/** Notes for the reader on how files of the merge were read. */
export function remarkNotes(remarks: readonly FileRemark[], used: readonly string[]): string[] {
  if (remarks.length === 0) return [];
  const files = new Set(used);
  const groups = new Map<string, FileRemark[]>();
  for (const remark of remarks) {
    if (!files.has(remark.file)) continue;
    const key = JSON.stringify([remark.kind, remark.detail]);
    groups.set(key, [...(groups.get(key) ?? []), remark]);
  }
  const all = [...groups.values()];
  const notes = all.slice(0, MAX_REMARKS).map(remarkNote);
  const more = all.length - MAX_REMARKS;
  return more > 0 ? [...notes, `${more} more remarks on how files were read are left out.`] : notes;
}

function remarkNote(remarks: readonly FileRemark[]): string {
  const [first] = remarks;
  const detail = first?.detail ?? '';
  const names = remarks.slice(0, MAX_NAMED).map(({ file }) => file);
  const files = listNames(names, remarks.length);
  const fileCount = plural(remarks.length, 'file');
  const their = remarks.length === 1 ? 'its' : 'their';
  switch (first?.kind) {
    case undefined:
    case 'undated':
      return `${fileCount} without a time of ${their} own: the modification time was taken for ${files}.`;
    case 'wrong_time':
      return `${fileCount} with a time that is not plausible in any unit: the modification time was taken for ${files}.`;
    case 'time_unit':
      return `${fileCount} with a time in ${detail} instead of nanoseconds, which was corrected: ${files}.`;
    case 'dropped_labels':
      return `Labels of samples with too many values are left out (${safeText(detail, 200)}): ${files}.`;
    case 'prune_refused':
      return `drop_frames of ${files} is not obeyed: ${safeText(detail, 200)}.`;
  }
}

function listNames(named: readonly string[], all: number): string {
  const more = all - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
