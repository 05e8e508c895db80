import { UpstreamError } from '../../errors.js';
import type { GrafanaClient } from './client.js';
import { textIn } from './json.js';

/**
 * Reads the result of Grafana's health check of a data source; a data source that fails it is a result, not
 * an error.
 */
export async function readHealth(
  client: GrafanaClient,
  uid: string,
  signal: AbortSignal,
): Promise<{ ok: boolean; message: string }> {
  try {
    const answer = await client.get(`/api/datasources/uid/${encodeURIComponent(uid)}/health`, signal);
    return { ok: textIn(answer, 'status') === 'OK', message: textIn(answer, 'message') ?? '' };
  } catch (error) {
    // Grafana sends the same JSON with status 400 when the data source does not work.
    if (error instanceof UpstreamError && error.status === 400) {
      return { ok: false, message: error.detail };
    }
    throw error;
  }
}

/** Reads version and clock of a Grafana; this needs no valid credentials. */
export async function readVersion(
  client: GrafanaClient,
  signal: AbortSignal,
): Promise<{ version: string | null; date: number | null }> {
  const { value, date } = await client.getDated('/api/health', signal);
  return { version: textIn(value, 'version'), date };
}
