import { decode, encode } from '@jridgewell/sourcemap-codec';

/** Leaves packages out of a source map: positions in them are not worth their size. */
export function keepOwnSources(map) {
  const own = map.sources.filter((source) => source.startsWith('../src/'));
  const numbers = map.sources.map((source) => own.indexOf(source));
  // A segment without a source ends the piece before it. Names are those of the built code.
  const lines = decode(map.mappings).map((segments) =>
    segments
      .map(([column, source, line, place]) =>
        source === undefined || numbers[source] === -1 ? [column] : [column, numbers[source], line, place],
      )
      .filter((segment, at, all) => segment.length > 1 || (all[at - 1]?.length ?? 1) > 1),
  );
  return { version: 3, sources: own, names: [], mappings: encode(lines) };
}
