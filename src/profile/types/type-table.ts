import { EVENTS_ROWS } from './rows/events.js';
import { MEMORY_ROWS } from './rows/memory.js';
import type { TypeRow } from './rows/row.js';
import { TIME_ROWS } from './rows/time.js';

/**
 * The one table of profile types. Order matters twice: the first row that fits an id names it, and among the
 * types of a service the order of the rows decides which one an alias means. `docs/use/profile-types.md` is
 * made from it.
 */
export const TYPE_ROWS: readonly TypeRow[] = [...TIME_ROWS, ...MEMORY_ROWS, ...EVENTS_ROWS];
