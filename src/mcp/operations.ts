/** State of the process as probes and scrapers see it. */
export interface Operations {
  /** Reason in one word why calls cannot be answered yet; null once they can. */
  notReady(): string | null;
  metrics: { contentType: string; render(): Promise<string> };
}

/**
 * Answers `/readyz` and `/metrics`; null for every other path.
 *
 * Ready means that the sources are made. A profile store that does not answer does not make the server
 * unready: all replicas would leave the load balancer at once, and agents would read a bare 503 instead of an
 * answer that says what failed, since when, and what is still answered from memory.
 */
export function createOperations({
  notReady,
  metrics,
}: Operations): (request: Request) => Promise<Response | null> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname !== '/readyz' && pathname !== '/metrics') return null;
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'Use GET.');
    if (pathname === '/metrics') return text(200, await metrics.render(), metrics.contentType);
    const why = notReady();
    return why === null ? text(200, 'ready') : text(503, why);
  };
}

function text(status: number, body: string, contentType = 'text/plain; charset=utf-8'): Response {
  return new Response(body, {
    status,
    headers: {
      'content-type': contentType,
      'cache-control': 'no-store',
      ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
    },
  });
}
