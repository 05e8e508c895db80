import type { Profile as Pprof } from 'pprof-format';
import type { FunctionInfo } from '../model.js';
import type { Id, LocationTable } from './pprof-tables.js';

/** A binary that a process has mapped into its memory. */
export interface Binary {
  /** Path, or a name in brackets; '' where it is unknown. */
  file: string;
  buildId: string;
  /** Addresses of the mapping, and where in the file it begins. */
  start: bigint;
  limit: bigint;
  offset: bigint;
}

/** The binaries of a pprof file by the id of their mapping. */
export function readBinaries({ mapping }: Pprof, strings: readonly string[]): Map<number, Binary> {
  const text = (index: Id) => strings[Number(index)] ?? '';
  return new Map(
    mapping.map(({ id, filename, buildId, memoryStart, memoryLimit, fileOffset }) => [
      Number(id),
      {
        file: text(filename),
        buildId: text(buildId),
        start: BigInt(memoryStart),
        limit: BigInt(memoryLimit),
        offset: BigInt(fileOffset),
      },
    ]),
  );
}

/** Number of characters of a build id that tell two builds apart. */
const BUILD_ID_CHARACTERS = 12;

/**
 * Names a location without symbols by the binary and the offset in it: each process maps a
 * position-independent binary to another address. Builds are told apart where the profile knows them.
 */
export function unsymbolised(binary: Binary | undefined, address: bigint): FunctionInfo {
  const { file = '', buildId = '', start = 0n, limit = 0n, offset = 0n } = binary ?? {};
  const base = file.replace(/^.*[/\\]/, '').replace(/^\[(.*)\]$/, '$1');
  const isMapped = address >= start && (address < limit || limit === 0n);
  const at = isMapped ? address - start + offset : address;
  return {
    name: `[${base === '' ? 'unknown' : base}] 0x${at.toString(16)}`,
    file: buildId === '' ? '' : `${base}@${buildId.slice(0, BUILD_ID_CHARACTERS)}`,
    startLine: 0,
    isSymbolised: false,
  };
}

/**
 * Per function the path of the binary that it was first seen in; undefined where the profile does not say.
 */
export function binariesOfFunctions(
  locations: LocationTable,
  functionAt: (id: Id) => number,
  count: number,
  binaries: ReadonlyMap<number, Binary>,
): (string | undefined)[] {
  const paths = new Array<string | undefined>(count);
  if (binaries.size === 0) return paths;
  for (let location = 0; location < locations.ids.length; location++) {
    const file = binaries.get(Number(locations.mappingIds[location] ?? 0))?.file;
    if (file === undefined || file === '') continue;
    for (let line = locations.starts[location] ?? 0; line < (locations.starts[location + 1] ?? 0); line++) {
      const at = functionAt(locations.functionIds[line] ?? 0);
      paths[at] ??= file;
    }
  }
  return paths;
}
