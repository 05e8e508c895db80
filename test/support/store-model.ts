// A model of the server's arithmetic, checked against the recorded exchanges in `stores.test.ts`: where
// points lie, what they cover, how dual mode cuts a request, what each storage refuses.

export interface Event {
  time: number;
  value: number;
  pod: string;
}
export interface Model {
  mode: 'v1' | 'v2' | 'dual';
  events: readonly Event[];
  /** The tenant's oldest v2 profile (dual mode). */
  split: number;
  maxLength?: number;
}
export interface Ask {
  start: number;
  end: number;
  step: number;
  groupBy?: readonly string[];
  aggregation?: string;
}
export interface Row {
  labels?: { name: string; value: string }[];
  points?: { timestamp: string; value: number }[];
  slots?: { timestamp: string; counts: number[] }[];
}

export function computeSeries(model: Model, ask: Ask): Row[] {
  const stepMs = Math.trunc(Math.trunc(ask.step * 1e9) / 1e6);
  return halves(model, ask).flatMap(({ store, start, end }) => {
    const average = store === 'v1' && ask.aggregation?.endsWith('AVERAGE') === true;
    const cells = new Map<string, Map<number, Event[]>>();
    for (const event of inStore(model, store)) {
      const point = Math.max(start, start + Math.ceil((event.time - start) / stepMs) * stepMs);
      if (event.time <= start - stepMs || point > end) continue;
      const key = ask.groupBy?.includes('pod') ? event.pod : '';
      const cell = cells.get(key) ?? new Map<number, Event[]>();
      cells.set(key, cell.set(point, [...(cell.get(point) ?? []), event]));
    }
    return [...cells].map(
      ([pod, points]): Row => ({
        ...labels(pod),
        points: [...points].map(([time, events]) => {
          const sum = events.reduce((total, { value }) => total + value, 0);
          return { timestamp: String(time), value: average ? sum / events.length : sum };
        }),
      }),
    );
  });
}

export function computeHeatmap(model: Model, ask: Ask): Row[] | null {
  const parts = halves(model, ask);
  if (parts.some(({ store }) => store === 'v1')) return null;
  const stepMs = Math.trunc(Math.trunc(ask.step * 1e9) / 1e6);
  const slots = new Map<string, Map<number, number>>();
  for (const event of inStore(model, 'v2')) {
    if (event.time <= ask.start - stepMs || event.time > ask.end) continue;
    const key = ask.groupBy?.includes('pod') ? event.pod : '';
    const slot = Math.max(ask.start, ask.start + Math.ceil((event.time - ask.start) / stepMs) * stepMs);
    const counts = slots.get(key) ?? new Map<number, number>();
    slots.set(key, counts.set(slot, (counts.get(slot) ?? 0) + 1));
  }
  return [...slots].map(([pod, counts]) => ({
    ...labels(pod),
    slots: [...counts].map(([time, count]) => ({ timestamp: String(time), counts: [0, count] })),
  }));
}

/**
 * The requests that the storages get: dual mode cuts at its oldest v2 profile, v1 where the step is below a
 * second.
 */
export function halves({ mode, split }: Model, { start, end, step }: Ask) {
  const v2 = { store: 'v2' as const, start, end };
  if (mode === 'v2' || (mode === 'dual' && split < start)) return [v2];
  const v1End = mode === 'dual' && split <= end ? split - 1 : end;
  const interval = 2 * (v1End - start);
  const next = start + interval - ((start + interval) % interval);
  const v1 = { store: 'v1' as const, start, end: v1End };
  const v1Parts =
    step >= 1 || next >= v1End
      ? [v1]
      : [
          { ...v1, end: next - 1 },
          { ...v1, start: next },
        ];
  return v1End === end ? v1Parts : [...v1Parts, { ...v2, start: split }];
}

function inStore({ mode, split, events }: Model, store: 'v1' | 'v2'): readonly Event[] {
  if (mode !== 'dual') return events;
  return events.filter(({ time }) => (store === 'v2') === time >= split);
}

function labels(pod: string): Row {
  return pod === '' ? {} : { labels: [{ name: 'pod', value: pod }] };
}
