import { invalid, RpcError } from './connect.js';
import { type Headers, reachesV1, type ServerContext } from './context.js';
import { selectExemplars } from './exemplars.js';
import { matchersForSource } from './labels.js';
import { readRange, readSelection, steppedRequest } from './queries.js';
import { selectHeatmap, selectSeries } from './series.js';

const MIN_STEP = 0.001;
/** First version with heatmaps; an older one answers 404, which a client reads alike. */
const HEATMAPS_SINCE = 1.19;

/** `SelectSeries`. */
export async function seriesOverTime(
  context: ServerContext,
  message: unknown,
  headers: Headers,
): Promise<object> {
  const request = steppedRequest.parse(message);
  if (request.step < MIN_STEP) throw invalid('step must be >= 1ms');
  const window = readRange(request, context.limits);
  const { type, matchers } = readSelection(request, context.mode === 'v1');
  if (request.exemplarType === 'EXEMPLAR_TYPE_SPAN' && !reachesV1(context, request.start)) {
    const detail = 'code = Unimplemented desc = exemplar type span is not implemented';
    throw new RpcError('unknown', `rpc error: ${detail}`);
  }
  const source = context.createSource(headers);
  if (source === null || window === null) return {};
  const { step, groupBy, limit } = request;
  const average = request.aggregation === 'TIME_SERIES_AGGREGATION_TYPE_AVERAGE';
  return selectSeries(
    source,
    {
      profileTypeId: type.id,
      matchers: matchersForSource(matchers),
      start: window.from,
      end: window.to,
      step,
      groupBy,
    },
    { average, limit },
    context,
  );
}

/** `SelectHeatmap` of single profiles. */
export async function heatmap(context: ServerContext, message: unknown, headers: Headers): Promise<object> {
  const request = steppedRequest.parse(message);
  const { step, limit, start, end, groupBy } = request;
  if (context.version < HEATMAPS_SINCE) throw new RpcError('unimplemented', 'no such method');
  if (reachesV1(context, start)) {
    throw new RpcError('unimplemented', 'this endpoint is not available in v1 frontend');
  }
  const window = readRange(request, context.limits);
  if (step < MIN_STEP) throw invalid(`step must be >= 1ms, got ${step.toFixed(6)}`);
  if (limit < 0) throw invalid(`limit must be non-negative, got ${limit}`);
  if (start >= end) throw invalid(`start time must be before end time, got start=${start} end=${end}`);
  const { type, matchers } = asUnknown(() => readSelection(request, false));
  checkQueryType(request);
  const source = context.createSource(headers);
  if (source === null || window === null) return {};
  const selection = {
    profileTypeId: type.id,
    matchers: matchersForSource(matchers),
    start: window.from,
    end: window.to,
    step,
    groupBy,
  };
  const hasExemplars = /_(?:INDIVIDUAL|SPAN)$/.test(request.exemplarType);
  const isOfSpans = request.queryType === 'HEATMAP_QUERY_TYPE_SPAN';
  const drawn = await selectExemplars(source, selection, {
    kind: isOfSpans ? 'spans' : 'profiles',
    hasExemplars,
    limit,
    type,
    mode: context.mode,
    split: context.split,
  });
  // A source that does not list all profiles one by one still counts them.
  return drawn ?? selectHeatmap(source, selection, { limit }, context);
}

function checkQueryType({ queryType, exemplarType }: { queryType: string; exemplarType: string }): void {
  const fail = (detail: string) => new RpcError('unknown', `rpc error: code = Unknown desc = ${detail}`);
  const kind = /^HEATMAP_QUERY_TYPE_(INDIVIDUAL|SPAN)$/.exec(queryType)?.[1];
  if (kind === undefined) throw fail('valid heatmap query type must be specified');
  const exemplars = /^EXEMPLAR_TYPE_(INDIVIDUAL|SPAN)$/.exec(exemplarType)?.[1];
  if (exemplars !== undefined && exemplars !== kind) {
    const name = exemplars.toLowerCase();
    throw fail(`${name} exemplars only available for ${name} query type`);
  }
}

/** Heatmaps pass errors of the selection on without their code. */
function asUnknown<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw new RpcError('unknown', error.message);
  }
}
