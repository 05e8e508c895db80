import type { RawLabel, RawLabels } from './pprof-labels.js';

/** A request that samples were taken in: ids in lower case, '' where a sample has none. */
export interface SampledRequest {
  /** 16 hexadecimal digits. */
  span: string;
  /** 32 hexadecimal digits. */
  trace: string;
}

/** The requests of a profile's samples. */
export interface SampleRequests {
  list: readonly SampledRequest[];
  /** Position in `list` of each sample's request, plus 1; 0 for a sample of no request. */
  ofSample: Uint32Array;
}

const SPAN = 'span_id';
const TRACE = 'trace_id';
/** The name under which older profilers write the id of the span. */
const OLD_SPAN = 'profile_id';
const SPAN_ID = /^[0-9a-f]{16}$/;
const TRACE_ID = /^[0-9a-f]{32}$/;

/** Labels that name a request. A store keeps them with each sample, and lists no series by them. */
export const REQUEST_LABELS: ReadonlySet<string> = new Set([SPAN, TRACE, OLD_SPAN]);

/** Reads the requests of samples; null where no sample names one. */
export function readRequests(raw: RawLabels, strings: readonly string[]): SampleRequests | null {
  const places = new Map<string, number>();
  const list: SampledRequest[] = [];
  const ofSet = raw.sets.map((set) => {
    const request = readRequest(set, strings);
    if (request.span === '' && request.trace === '') return 0;
    const key = `${request.span} ${request.trace}`;
    const known = places.get(key) ?? list.push(request);
    places.set(key, known);
    return known;
  });
  if (list.length === 0) return null;
  return { list, ofSample: raw.ofSample.map((set) => ofSet[set] ?? 0) };
}

function readRequest(set: readonly RawLabel[], strings: readonly string[]): SampledRequest {
  const readId = (name: string, form: RegExp): string => {
    const label = set.find(({ key }) => strings[key] === name);
    const id = (strings[label?.text ?? 0] ?? '').toLowerCase();
    return form.test(id) && /[^0]/.test(id) ? id : '';
  };
  return { span: readId(SPAN, SPAN_ID) || readId(OLD_SPAN, SPAN_ID), trace: readId(TRACE, TRACE_ID) };
}
