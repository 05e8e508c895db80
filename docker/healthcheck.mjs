// The health of the container: GET /healthz where the server speaks HTTP. Over stdio there is nothing to ask, and the
// container ends with its server.
const address = process.env.PYROSCOPE_MCP_HTTP;
const port = /(\d+)\s*$/.exec(address ?? '8080')?.[1];
try {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2_000) });
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  // Without the variable the server may speak stdio, or HTTP at an address given by --http.
  const nothingListens = error?.cause?.code === 'ECONNREFUSED';
  process.exitCode = address === undefined && nothingListens ? 0 : 1;
}
