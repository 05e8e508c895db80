import { plural } from '../../text/units.js';
import type { FileHead } from './file-head.js';
import type { OtherFiles } from './walk.js';

/**
 * A remark for the reader on how a file was read. `detail` holds the part that differs between files; it may
 * be empty.
 */
export interface FileRemark {
  file: string;
  kind: 'undated' | 'wrong_time' | 'time_unit' | 'dropped_labels' | 'prune_refused';
  detail: string;
}

/** @param isListed whether a manifest gives the time */
export function listRemarks(file: string, head: FileHead, isListed: boolean): FileRemark[] {
  const { timeUnit, hasWrongTime, droppedLabels, pruneRefused } = head;
  const remarks: FileRemark[] = [];
  const add = (kind: FileRemark['kind'], detail = '') => remarks.push({ file, kind, detail });
  if (!isListed && timeUnit === null) add(hasWrongTime ? 'wrong_time' : 'undated');
  if (!isListed && timeUnit !== null && timeUnit !== 'nanoseconds') add('time_unit', timeUnit);
  if (droppedLabels.length > 0) add('dropped_labels', droppedLabels.join(', '));
  if (pruneRefused !== null) add('prune_refused', pruneRefused);
  return remarks;
}

/** Names the files of a directory that holds no profile; null where it is empty. */
export function describeOtherFiles({ count, names }: OtherFiles): string | null {
  if (count === 0) return null;
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return `${plural(count, 'file')} of no known profile format: ${names.join(', ')}${more}. Read are pprof, collapsed stacks, and profiles of speedscope and V8.`;
}
