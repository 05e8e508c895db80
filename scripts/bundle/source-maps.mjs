import { decode, encode } from '@jridgewell/sourcemap-codec';

/**
 * Leaves packages and columns out of a source map: a stack trace names file and line of our own code, and
 * more is not worth its size.
 */
export function keepOwnSources(map) {
  const own = map.sources.filter((source) => source.startsWith('../src/'));
  const numbers = map.sources.map((source) => own.indexOf(source));
  // A segment without a source ends the piece before it. Names are those of the built code.
  const lines = decode(map.mappings).map((segments) =>
    segments
      .map(([column, source, line, place]) =>
        source === undefined || numbers[source] === -1 ? [column] : [column, numbers[source], line, place],
      )
      .filter((segment, at, all) => !isSameLine(segment, all[at - 1])),
  );
  return { version: 3, sources: own, names: [], mappings: encode(lines) };
}

/** Whether a segment says what the one before it in its line says. */
function isSameLine([, source, line], last) {
  return last === undefined ? source === undefined : last[1] === source && last[2] === line;
}
