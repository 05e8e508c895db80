import { safeText } from '../../text/sanitise.js';
import type { FunctionInfo } from '../model.js';

/** A function as the JSON answers name it: exactly as in the profile, file and line where known. */
export interface NamedFunction {
  function: string;
  file: string | null;
  line: number | null;
}

/** `function`, `file` and `line` of the JSON answers; a function is named exactly as in the profile. */
export function functionData(info: FunctionInfo | undefined, line: number): NamedFunction {
  return {
    function: safeText(info?.name ?? ''),
    file: info === undefined || info.file === '' ? null : safeText(info.file),
    line: line > 0 ? line : info !== undefined && info.startLine > 0 ? info.startLine : null,
  };
}

/** A function of which only a list of known names says whether it is the team's own code. */
export interface GuessedOwner {
  fn: NamedFunction;
  isOwn: boolean;
}

/** The function that a leaf is charged to, and the part of the leaf's own cost. */
export interface Charge {
  to: NamedFunction;
  share: number;
}
