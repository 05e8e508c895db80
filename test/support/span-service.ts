import { gzipSync } from 'node:zlib';
import { manifest } from './directory.js';
import { pprofBytes, type TestFrame, type TestStack } from './profiles.js';

// A service whose profiler sends span labels: two operations on two pods, one slow span among many alike, and
// work that belongs to no request.

export const SERVICE = 'checkout-spans';
export const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const SAMPLE = 10_000_000;
const INTERVAL_MS = 15_000;
const PROFILES = 8;
/** Spans in each profile. */
const SPANS = 12;

/** A span with what its samples sum up to. */
export interface PlannedSpan {
  span: string;
  trace: string;
  operation: string;
  pod: string;
  /** Start of the profiles that hold its samples, in milliseconds after the first. */
  times: number[];
  /** Value by stack, entry point first, names joined by `;`. */
  stacks: Record<string, number>;
}

interface PlannedProfile {
  offset: number;
  pod: string;
  stacks: TestStack[];
}

const frame = (name: string, line: number): TestFrame => ({
  name: `example.dev/shop/${name}`,
  file: `/src/shop/${name.split('.')[0]}.go`,
  line,
  startLine: line - 3,
});
const MAIN = frame('server.serve', 12);
const PRICE = [MAIN, frame('cart.price', 40), frame('cart.sum', 58)];
const COUPON = [MAIN, frame('coupon.parse', 20), frame('coupon.match', 77)];
const IDLE = [frame('jobs.sweep', 9)];

/** The slow span: its parts lie in two profiles of one pod. */
export const SLOW = hex(16, 0xabc);
/** A span of the service without a sample. */
export const UNSAMPLED = hex(16, 0xfff_fff);

/** Everything that the profiles hold, by profile and by span. */
export function planSpans(): { profiles: PlannedProfile[]; spans: PlannedSpan[] } {
  const profiles: PlannedProfile[] = [];
  const spans = new Map<string, PlannedSpan>();
  for (let at = 0; at < PROFILES; at++) {
    const profile = {
      offset: at * INTERVAL_MS,
      pod: at % 2 === 0 ? 'web-0' : 'web-1',
      stacks: [] as TestStack[],
    };
    profiles.push(profile);
    const add = (id: number, operation: string, frames: readonly TestFrame[], samples: number) => {
      const [span, trace] = [hex(16, id), hex(32, id)];
      const labels = { span_id: span, trace_id: trace, span_name: operation };
      profile.stacks.push({ frames, values: [samples, samples * SAMPLE], labels });
      const known = spans.get(span) ?? { span, trace, operation, pod: profile.pod, times: [], stacks: {} };
      spans.set(span, known);
      if (!known.times.includes(profile.offset)) known.times.push(profile.offset);
      const key = frames.map((one) => (typeof one === 'string' ? one : one.name)).join(';');
      known.stacks[key] = (known.stacks[key] ?? 0) + samples * SAMPLE;
    };
    for (let nth = 0; nth < SPANS; nth++) {
      const id = 1 + at * SPANS + nth;
      const operation = nth % 3 === 0 ? 'POST /pay' : 'GET /cart';
      add(id, operation, PRICE, 2 + (id % 5));
      add(id, operation, PRICE.slice(0, 2), 1 + (id % 2));
    }
    if (at === 4 || at === 6) {
      add(0xabc, 'POST /pay', COUPON, at === 4 ? 300 : 110);
      add(0xabc, 'POST /pay', PRICE, 3);
    }
    profile.stacks.push({ frames: IDLE, values: [5, 5 * SAMPLE] });
  }
  return { profiles, spans: [...spans.values()] };
}

function hex(digits: number, value: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** The profiles as files with their manifest, the first one at `start`. */
export function encodeSpanService(start: number, service = SERVICE): Record<string, Uint8Array | string> {
  const { profiles } = planSpans();
  const listed = profiles.map(({ offset, pod }, at) => ({
    file: `${at}.pb.gz`,
    time: new Date(start + offset).toISOString(),
    labels: { service_name: service, pod },
  }));
  const files = profiles.map(({ stacks }, at) => [
    `${at}.pb.gz`,
    gzipSync(
      pprofBytes({ types: ['samples/count', 'cpu/nanoseconds'], periodType: 'cpu/nanoseconds', stacks }),
    ),
  ]);
  return { 'profiles.json': manifest(listed), ...Object.fromEntries(files) };
}
