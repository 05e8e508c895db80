import { readFileSync } from 'node:fs';
import type { Exchange } from './replay.js';

/** An exchange of a transcript; its body may have been cut. */
export interface TranscriptExchange extends Exchange {
  /** Title of its part of the transcript. */
  section: string;
  /** Whether request and answer stand there in full. */
  whole: boolean;
}

const HEADER = /^ {2}([A-Z][\w-]*): ?(.*)$/;
const CUT = /… \[\d+ chars\]|…$/;

/** Reads a transcript of requests to a real Grafana, as `curl -v` would print them. */
export function readTranscript(file: URL): TranscriptExchange[] {
  const exchanges: TranscriptExchange[] = [];
  let section = '';
  for (const block of readFileSync(file, 'utf8').split(/^(?=### |======== )/m)) {
    const title = /^======== (.*)/.exec(block)?.[1];
    if (title !== undefined) section = title.replace(/ http:.*/, '');
    const exchange = readBlock(block, section);
    if (exchange !== null) exchanges.push(exchange);
  }
  return exchanges;
}

function readBlock(block: string, section: string): TranscriptExchange | null {
  const [heading = '', requestLine = '', ...rest] = block.trimEnd().split('\n');
  const name = /^### (.*)/.exec(heading)?.[1];
  const [, method, path, body] = /^([A-Z]+) (\S+)(?: {2}body=(.*))?$/.exec(requestLine) ?? [];
  const statusAt = rest.findIndex((line) => line.startsWith('-> '));
  const status = Number(/^-> (\d+)/.exec(rest[statusAt] ?? '')?.[1]);
  if (name === undefined || method === undefined || path === undefined || Number.isNaN(status)) return null;
  const sent = rest.slice(0, statusAt).find((line) => line.startsWith('  req headers: '));
  const headers: Record<string, string> = {};
  let at = statusAt + 1;
  for (; at < rest.length; at++) {
    const [, key, value = ''] = HEADER.exec(rest[at] ?? '') ?? [];
    if (key === undefined) break;
    headers[key.toLowerCase()] = value;
  }
  const below = rest.slice(at);
  // The lines that follow are notes of the person who recorded the answer.
  const end = below.findIndex((line) => line !== '' && !line.startsWith('  '));
  const answer = below
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.replace(/^ {2}/, ''))
    .join('\n')
    .trimEnd();
  return {
    name,
    section,
    whole: !CUT.test(answer) && !CUT.test(body ?? ''),
    request: {
      method,
      path,
      headers: readPythonHeaders(sent ?? ''),
      ...(body === undefined ? {} : { body }),
    },
    response: { status, headers, body: answer },
  };
}

/** `{'Accept': 'text/html', 'X': None}`; a header that is `None` was not sent. */
function readPythonHeaders(line: string): Record<string, string> {
  const pairs = line.matchAll(/'([^']+)': '([^']*)'/g);
  return Object.fromEntries([...pairs].map(([, name = '', value = '']) => [name, value]));
}
