import type { Stacks } from './contrast.js';
import { always, changing, pods, type SmallInstance } from './small-service.js';

// Small services with one thing each that happens to them, and what is asked about them. The numbers of
// samples repeat themselves from minute to minute but are not all alike, as if they had been drawn.

export interface Scene {
  name: string;
  tool: 'investigate' | 'compare_profiles';
  args?: Readonly<Record<string, string>>;
  instances: readonly SmallInstance[];
}

type Samples = (minute: number) => Stacks;

/** Samples that vary by a few percent from minute to minute. */
const restless =
  (samples: Samples, seed = 1): Samples =>
  (minute) =>
    Object.fromEntries(
      Object.entries(samples(minute)).map(([stack, value], at) => {
        const drawn = ((minute + 100) * 37 + at * 11 + seed * 7) % 9;
        return [stack, Math.round(value * (0.96 + drawn / 100))];
      }),
    );

const HANDLERS: Stacks = {
  'runtime.serve access runtime.mux show render lib.template': 90,
  'runtime.serve access runtime.mux show load lib.query': 60,
  'runtime.serve access runtime.mux show encode runtime.mallocgc': 40,
  'runtime.serve access runtime.mux save check': 70,
  'runtime.serve access runtime.mux save store lib.query': 80,
  'runtime.serve access runtime.mux save encode runtime.mallocgc': 30,
  'runtime.serve access runtime.mux list page': 50,
  'runtime.schedule runtime.findRunnable': 25,
  'runtime.gcBgMarkWorker runtime.gcDrain': 20,
};
const more = (stacks: Stacks, part: string, factor: number): Stacks =>
  Object.fromEntries(
    Object.entries(stacks).map(([stack, value]) => [stack, stack.includes(part) ? value * factor : value]),
  );
const HELD: Stacks = { 'main boot lib.index': 40, 'runtime.serve access show cache.put': 20 };
const WAITS: Stacks = { 'runtime.serve access show cache.get sync.Lock': 20, 'main flush sync.Lock': 12 };

/** Two pods, of which one runs the next version, in two regions. */
const fleet = (usual: SmallInstance['profiles'], next = usual): SmallInstance[] =>
  ['a', 'b'].map((pod, at) => ({
    labels: { pod, version: at < 1 ? '1.4.0' : '1.5.0', region: at < 1 ? 'eu' : 'us' },
    profiles: at < 1 ? usual : next,
  }));
const cpu = (samples: Samples): SmallInstance['profiles'] => ({ cpu: restless(samples) });
const price = (samples: number): Stacks => ({
  ...HANDLERS,
  'runtime.serve access runtime.mux save price parse': samples,
});

const SERVICE: readonly Omit<Scene, 'tool'>[] = [
  { name: 'few-samples', instances: pods(1, { cpu: always({ 'main serve': 1 }) }) },
  {
    name: 'code-of-a-version',
    instances: fleet(cpu(always(price(10))), cpu(changing(price(10), price(120)))),
  },
  {
    name: 'code-everywhere-from-inside',
    instances: fleet({
      cpu: restless(changing(price(10), price(150), 6)),
      alloc: restless(changing(price(20), price(260), 6)),
    }),
  },
  { name: 'library', instances: fleet(cpu(changing(HANDLERS, more(HANDLERS, 'lib.query', 3)))) },
  {
    name: 'two-changes',
    instances: fleet(cpu(changing(price(10), more(price(120), ' page', 4)))),
  },
  {
    name: 'moved',
    instances: fleet(
      cpu(
        changing(
          { ...HANDLERS, 'runtime.serve access runtime.mux save oldSum': 90 },
          { ...HANDLERS, 'runtime.serve access runtime.mux save newSum': 90 },
        ),
      ),
    ),
  },
  {
    name: 'load',
    instances: fleet({
      cpu: restless(changing(HANDLERS, more(HANDLERS, 'access', 2.2))),
      alloc: restless(changing(HANDLERS, more(HANDLERS, 'access', 2.2))),
      goroutines: changing({ 'runtime.serve access': 30 }, { 'runtime.serve access': 70 }),
    }),
  },
  { name: 'mix-of-requests', instances: fleet(cpu(changing(HANDLERS, more(HANDLERS, ' save', 3)))) },
  {
    name: 'collector',
    instances: fleet({
      cpu: restless(changing(HANDLERS, more(HANDLERS, 'gcDrain', 6))),
      alloc: restless(changing(price(20), price(160))),
    }),
  },
  {
    name: 'leak-of-goroutines',
    instances: fleet({
      cpu: restless(changing(HANDLERS, price(90))),
      goroutines: (minute) => ({
        'runtime.serve access': 30,
        'main notify send runtime.gopark': 10 + 25 * Math.max(0, minute),
      }),
      inuse: (minute) => more(HELD, 'cache.put', 1 + 0.3 * Math.max(0, minute)),
    }),
  },
  {
    name: 'contention',
    instances: fleet({
      cpu: restless(changing(HANDLERS, price(40))),
      mutex: restless(changing(WAITS, more(WAITS, 'cache.get', 60))),
      block: restless(changing(WAITS, more(WAITS, 'cache.get', 40))),
    }),
  },
  {
    name: 'unsteady-waits',
    instances: fleet({
      cpu: restless(always(HANDLERS)),
      mutex: (minute) => (minute >= 0 && minute % 7 === 3 ? more(WAITS, 'cache.get', 200) : WAITS),
    }),
  },
  {
    name: 'less-load',
    instances: fleet({
      cpu: restless((minute) => more(HANDLERS, 'runtime.serve', minute >= 0 ? 0.5 : 1)),
      alloc: restless((minute) => more(HANDLERS, 'runtime.serve', minute >= 0 ? 0.45 : 1), 2),
    }),
  },
  {
    name: 'new-instances',
    instances: [
      ...pods(2, cpu(always(HANDLERS)), { a: { minutes: { to: -1 } }, b: { minutes: { to: -1 } } }),
      ...['x', 'y'].map((pod) => ({
        labels: { pod },
        minutes: { from: 0 },
        profiles: cpu((minute) =>
          minute < 4 ? { ...HANDLERS, 'main init compile': 200, 'main init fill': 90 } : price(90),
        ),
      })),
    ],
  },
  {
    name: 'nothing-before',
    instances: pods(2, cpu(always(HANDLERS)), { a: { minutes: { from: 0 } }, b: { minutes: { from: 0 } } }),
  },
];

const inService = (service: string, instances: readonly SmallInstance[]): SmallInstance[] =>
  instances.map((instance) => ({ ...instance, labels: { service_name: service, ...instance.labels } }));
const shared = (samples: number): Stacks => ({ ...HANDLERS, 'main serve shared.encode': samples });
const SEVERAL: SmallInstance[] = [
  ...inService('api', fleet(cpu(always(price(10))), cpu(changing(price(10), price(130))))),
  ...inService('cart', pods(2, cpu(changing(shared(20), shared(160))))),
  ...inService('pay', pods(2, cpu(changing(shared(20), shared(170))))),
  ...inService('busy', pods(2, cpu(changing(HANDLERS, more(HANDLERS, 'access', 2.4))))),
  ...inService(
    'hold',
    pods(2, {
      ...cpu(always(HANDLERS)),
      inuse: (minute) => more(HELD, 'cache.put', 1 + 2 * Math.max(0, minute)),
    }),
  ),
  ...inService(
    'lock',
    pods(2, {
      ...cpu(always(HANDLERS)),
      mutex: restless(changing(WAITS, more(WAITS, 'cache.get', 80))),
    }),
  ),
  ...inService('calm', pods(2, { ...cpu(always(HANDLERS)), inuse: always(HELD), alloc: always(HELD) })),
  ...inService('fresh', [
    ...pods(1, cpu(always(HANDLERS)), { a: { minutes: { to: -1 } } }),
    { labels: { pod: 'x' }, minutes: { from: 0 }, profiles: cpu(always(HANDLERS)) },
  ]),
  ...inService('rare', pods(1, { cpu: always({ 'main serve': 1 }) })),
];

export const SCENES: readonly Scene[] = [
  ...SERVICE.map((scene) => ({ ...scene, tool: 'investigate' as const })),
  { name: 'fleet', tool: 'investigate', args: { service: '' }, instances: SEVERAL },
  {
    name: 'compared',
    tool: 'compare_profiles',
    args: { profile_type: 'cpu' },
    instances: fleet(cpu(always(price(10))), cpu(changing(price(10), price(120)))),
  },
  {
    name: 'compared-load',
    tool: 'compare_profiles',
    args: { profile_type: 'cpu' },
    instances: fleet(cpu(changing(HANDLERS, more(HANDLERS, 'access', 2)))),
  },
  {
    name: 'compared-mix',
    tool: 'compare_profiles',
    args: { profile_type: 'cpu' },
    instances: fleet(cpu(changing(HANDLERS, more(HANDLERS, ' save', 3)))),
  },
  {
    name: 'compared-versions',
    tool: 'compare_profiles',
    args: { profile_type: 'cpu', selector: 'version="1.5.0"', baseline_selector: 'version="1.4.0"' },
    instances: fleet(cpu(always(price(10))), cpu(changing(price(10), price(120)))),
  },
  {
    name: 'compared-held',
    tool: 'compare_profiles',
    args: { profile_type: 'inuse' },
    instances: fleet({ inuse: (minute) => more(HELD, 'cache.put', 1 + Math.max(0, minute)) }),
  },
  {
    name: 'compared-waits',
    tool: 'compare_profiles',
    args: { profile_type: 'mutex' },
    instances: fleet({ mutex: restless(changing(WAITS, more(WAITS, 'cache.get', 60))) }),
  },
  {
    name: 'compared-services',
    tool: 'compare_profiles',
    args: { profile_type: 'cpu', service: '', selector: 'service_name=~".+"' },
    instances: SEVERAL,
  },
];
