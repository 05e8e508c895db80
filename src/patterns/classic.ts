import { field, list, text } from './json.js';
import { MAX_PANELS, type Panel, readPanel, withOuter } from './panel.js';

/**
 * The panels of a classic model in the order of the page: collapsed rows hold theirs, expanded rows are
 * followed by them, and before schema version 16 all stood in `rows[]`. Rows may be nested to any depth.
 */
export function classicPanels(model: unknown): Panel[] {
  const panels: Panel[] = [];
  const pending: { value: unknown; outer: readonly string[] }[] = [];
  const enter = (values: readonly unknown[], outer: readonly string[]) => {
    let row: readonly string[] = outer;
    const next: typeof pending = [];
    for (const value of values.slice(0, MAX_PANELS)) {
      if (isRow(value)) row = withOuter(text(field(value, 'title')), outer);
      next.push({ value, outer: row });
    }
    pending.push(...next.reverse());
  };
  enter([...list(field(model, 'panels')), ...list(field(model, 'rows'))], []);
  for (let visited = 0; visited < MAX_PANELS; visited++) {
    const entry = pending.pop();
    if (entry === undefined) break;
    const inner = list(field(entry.value, 'panels'));
    if (!isRow(entry.value)) panels.push(readPanel(entry.value, entry.outer));
    if (inner.length > 0) enter(inner, entry.outer);
  }
  return panels;
}

/** Rows of old versions have no type, only panels. */
function isRow(value: unknown): boolean {
  const type = field(value, 'type');
  return type === 'row' || (type === undefined && Array.isArray(field(value, 'panels')));
}
