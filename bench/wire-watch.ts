import diagnostics from 'node:diagnostics_channel';

/** A request that can be sent again. */
export interface Recorded {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array | null;
}

/** Fields of an event of undici that are used here. */
interface Told {
  request: { method: string; path: string; headers: readonly string[]; body?: unknown };
}

/** Headers that decide what comes back, and how. */
const HEADERS: ReadonlySet<string> = new Set(['accept', 'accept-encoding', 'content-type']);

/** Watches what this process asks over HTTP. */
export interface WireWatch {
  /**
   * The requests since the last time, in rounds: one begins when all requests of the one before it have been
   * answered.
   */
  take(): Recorded[][];
}

export function watchWire(): WireWatch {
  let rounds: Recorded[][] = [];
  let open = 0;
  diagnostics.subscribe('undici:request:create', (message) => {
    // The channel's name says what its messages are.
    const { method, path, headers, body } = (message as Told).request;
    if (open === 0) rounds.push([]);
    open++;
    const named = headers.flatMap((name, at): [string, string][] =>
      at % 2 === 0 && HEADERS.has(name.toLowerCase()) ? [[name.toLowerCase(), headers[at + 1] ?? '']] : [],
    );
    rounds.at(-1)?.push({
      method,
      path,
      headers: Object.fromEntries(named),
      body: typeof body === 'string' || body instanceof Uint8Array ? body : null,
    });
  });
  for (const end of ['undici:request:trailers', 'undici:request:error']) {
    diagnostics.subscribe(end, () => {
      open--;
    });
  }
  return {
    take() {
      const taken = rounds;
      rounds = [];
      return taken;
    },
  };
}
