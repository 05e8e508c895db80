/** Functions of the standard libraries that read what a client sent: its bytes are allocated there. */
const INPUT =
  /^(?:net\/http\.(?:\(\*conn\)\.readRequest|readRequest|\(\*http2(?:Framer|serverConn)\)\.\w+)|golang\.org\/x\/net\/http2\.\(\*(?:Framer|serverConn)\)\.\w+|golang\.org\/x\/net\/http2\/hpack\..+|net\/textproto\..+|net\/url\.(?:Parse\w*|unescape))$/;

/**
 * Whether a function reads requests. It keeps nothing: memory that it allocated and that is still there is
 * held by whoever was handed the request.
 */
export function readsRequests(name: string): boolean {
  return INPUT.test(name);
}

/** Functions of Go's servers below which a request is served. */
const SERVER =
  /^(?:net\/http\.\(\*conn\)\.serve|(?:net\/http\.\(\*http2|golang\.org\/x\/net\/http2\.\(\*)serverConn\)\.runHandler|google\.golang\.org\/grpc\.\(\*Server\)\.handleStream|github\.com\/valyala\/fasthttp\.\(\*Server\)\.serveConn)$/;

/** Whether a request is served below a function. */
export function servesRequest(name: string): boolean {
  return SERVER.test(name);
}
