import { UpstreamError } from '../../errors.js';
import type { Breaker } from '../breaker.js';
import { createPost, type RawAnswer, type RawRequest, type Transport } from '../pyroscope/http/transport.js';
import type { GrafanaClient } from './client.js';
import type { DataSource } from './discovery.js';

/**
 * Makes a transport to the Pyroscope behind a data source, through Grafana's data source proxy.
 *
 * Old versions (9.4) cut a uid at its first character that is no letter, digit or underscore, and send the
 * rest of it to Pyroscope as a part of the path, which Pyroscope answers with 404. Such a data source is then
 * addressed by its number, a route that newer versions have switched off.
 *
 * @param breaker circuit breaker of the data source
 * @param admit called before a request is sent, and before it is sent again; throws where the data source may
 *   not be queried
 * @param onFailure called with each failure, such as that Grafana has no such data source
 */
export function proxyTransport(
  client: GrafanaClient,
  { uid, id }: Pick<DataSource, 'uid' | 'id'>,
  {
    admit,
    onFailure,
    breaker,
  }: {
    admit: (signal: AbortSignal) => Promise<void>;
    onFailure: (error: UpstreamError) => void;
    breaker?: Breaker | undefined;
  },
): Transport {
  const { transport } = client;
  const byUid = `/api/datasources/proxy/uid/${encodeURIComponent(uid)}`;
  const byNumber = /^\w+$/.test(uid) || id <= 0 ? null : `/api/datasources/proxy/${id}`;
  /** The path that leads to Pyroscope; null until that is known. */
  let route = byNumber === null ? byUid : null;

  const ask = (base: string, request: RawRequest) =>
    transport.send({ ...request, path: `${base}${request.path}` });

  const findRoute = async (request: RawRequest): Promise<RawAnswer> => {
    try {
      const answer = await ask(byUid, request);
      route = byUid;
      return answer;
    } catch (error) {
      if (byNumber === null || !isCutUid(error)) throw error;
      const answer = await ask(byNumber, request).catch((numberError: unknown) => {
        // A request that Pyroscope itself rejects did reach it.
        if (!(numberError instanceof UpstreamError) || numberError.kind !== 'rejected') throw error;
        route = byNumber;
        throw numberError;
      });
      route = byNumber;
      return answer;
    }
  };

  const forward = (request: RawRequest) => (route === null ? findRoute(request) : ask(route, request));

  const send: Transport['send'] = async (original) => {
    const admitAgain = () => admit(original.signal);
    await admitAgain();
    const request: RawRequest = { ...original, admitRetry: admitAgain };
    try {
      return await (breaker === undefined
        ? forward(request)
        : breaker.run((signal) => forward({ ...request, signal }), request.signal));
    } catch (error) {
      if (error instanceof UpstreamError) onFailure(error);
      throw error;
    }
  };

  return {
    send,
    post: createPost(send, transport),
    redact: transport.redact,
    echoes: transport.echoes,
    async close() {},
  };
}

/** Whether Pyroscope, or a proxy in front of it, does not know the path. */
function isCutUid(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'not_found' && error.status === 404;
}
