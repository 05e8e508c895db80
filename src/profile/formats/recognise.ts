import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { safeText } from '../../text/sanitise.js';
import { isCollapsed } from './collapsed.js';

/**
 * The format of a file by how it begins. `json` may be a profile of speedscope or V8, which its members tell.
 * `foreign` is a format that is known, but not read.
 */
export type Format =
  | { kind: 'pprof' | 'collapsed' | 'json' | 'gzip' | 'zstd' }
  | {
      kind: 'foreign';
      /** Whether such a file is a profile or stands for one, whatever it is called. */
      isProfile: boolean;
      /** Name of the format, a noun phrase. */
      what: string;
      /** Next step: a sentence that says how to get a profile that is read. */
      todo: string;
    }
  | { kind: 'unknown' };

/** Number of first bytes of a file that tell its format. */
export const HEAD_BYTES = 4096;

const FETCH_AGAIN =
  'Fetch it again, and look at the answer first: `curl -fsS URL -o FILE` fails instead of saving an error.';
const PPROF =
  'Convert it: `pprof -proto BINARY FILE > FILE.pb.gz` (of google/pprof; the binary gives the names).';
const NO_DEBUG = 'Fetch it again without `debug=` in the address.';

/** Formats that begin with fixed bytes. */
const MAGIC: readonly { bytes: readonly number[]; what: string; todo: string; isProfile?: boolean }[] = [
  {
    bytes: ascii('FLR\0'),
    what: 'a recording of the JDK Flight Recorder',
    todo: 'Convert it: `jfrconv -o collapsed FILE FILE.collapsed` (of async-profiler).',
  },
  {
    bytes: ascii('PERFILE2'),
    what: 'a recording of Linux perf',
    todo: 'Convert it: `perf script -i FILE | stackcollapse-perf.pl > FILE.collapsed` (of FlameGraph).',
  },
  {
    bytes: ascii('Nettrace'),
    what: 'a trace of .NET',
    todo: 'Convert it: `dotnet-trace convert --format Speedscope FILE`.',
  },
  {
    bytes: [0xfd, ...ascii('7zXZ')],
    what: 'xz-compressed',
    todo: 'Unpack it: `unxz FILE`.',
    isProfile: false,
  },
  { bytes: ascii('BZh'), what: 'bzip2-compressed', todo: 'Unpack it: `bunzip2 FILE`.', isProfile: false },
  {
    bytes: [0x04, 0x22, 0x4d, 0x18],
    what: 'lz4-compressed',
    todo: 'Unpack it: `unlz4 FILE`.',
    isProfile: false,
  },
  {
    bytes: [0x50, 0x4b, 0x03, 0x04],
    what: 'a zip archive',
    todo: 'Unpack it: `unzip FILE`.',
    isProfile: false,
  },
  {
    bytes: [0x7f, ...ascii('ELF')],
    what: 'a program (ELF)',
    todo: 'Give the profile, not the program it was taken of.',
    isProfile: false,
  },
];

/** Texts that are known by their beginning. */
const TEXTS: readonly { begins: RegExp; what: string; todo: string }[] = [
  {
    begins: /^version https:\/\/git-lfs\.github\.com\//,
    what: 'a pointer of Git LFS instead of the file',
    todo: 'Fetch the file: `git lfs pull`.',
  },
  {
    begins: /^(?:\.\.\/)*\.git\/annex\/objects\/|^\/annex\/objects\//,
    what: 'a pointer of git-annex instead of the file',
    todo: 'Fetch the file: `git annex get FILE`.',
  },
  {
    begins: /^heap profile: *\d+: *\d+ \[ *\d+: *\d+\] @ (?!heap\/)|^heap_v2\//,
    what: 'a heap profile in the text form of gperftools or jemalloc',
    todo: PPROF,
  },
  {
    begins: /^heap profile: *\d+: *\d+ \[ *\d+: *\d+\] @ heap\/\d+/,
    what: 'a heap profile in the text form of Go (debug=1)',
    todo: NO_DEBUG,
  },
  {
    begins: /^(?:goroutine|threadcreate|allocs|block|mutex) profile: total \d+|^goroutine \d+ \[/,
    what: 'a profile in the text form of Go (debug=1 or 2)',
    todo: NO_DEBUG,
  },
  {
    begins: /^--- (?:contention|mutex):/,
    what: 'a lock profile in the text form of Go or C++',
    todo: `${NO_DEBUG.slice(0, -1)}, or convert it with \`pprof -proto\`.`,
  },
  {
    begins: /^--- (?:heapz|growthz|contentionz|cpu|symbol|profile)\b|^growth profile:/,
    what: 'a profile in the text form of gperftools',
    todo: PPROF,
  },
  {
    begins: /^\S.*\s\d+(?:\/\d+)?\s+(?:\[\d+\]\s+)?\d+\.\d+:\s.*\n\s+[0-9a-f]{6,} /,
    what: 'the output of perf script',
    todo: 'Convert it: `stackcollapse-perf.pl FILE > FILE.collapsed` (of FlameGraph).',
  },
];

/** Tells the format by the first bytes of a file, 4 KiB or all there are. */
export function recognise(head: Uint8Array): Format {
  if (head.length === 0) return foreign('an empty file', FETCH_AGAIN, false);
  if (head[0] === 0x1f && head[1] === 0x8b) return { kind: 'gzip' };
  if (beginsWith(head, [0x28, 0xb5, 0x2f, 0xfd])) return { kind: 'zstd' };
  const magic = MAGIC.find(({ bytes }) => beginsWith(head, bytes));
  if (magic !== undefined) return foreign(magic.what, magic.todo, magic.isProfile ?? true);
  if (isLegacyCpu(head)) return foreign('a CPU profile in the binary form of gperftools', PPROF, true);
  if (isPprof(head)) return { kind: 'pprof' };
  const text = decodeText(head);
  return text === null ? { kind: 'unknown' } : recogniseText(text.trimStart());
}

function recogniseText(text: string): Format {
  const known = TEXTS.find(({ begins }) => begins.test(text));
  if (known !== undefined) return foreign(known.what, known.todo, true);
  if (/^(?:<!doctype html|<html|<head|<body)/i.test(text)) {
    const title = /<title[^>]*>([^<]{0,200})/i.exec(text)?.[1]?.trim() ?? '';
    return foreign(`an HTML page${quoted(title)}`, FETCH_AGAIN, false);
  }
  if (/^(?:<\?xml|<svg|<!doctype svg)/i.test(text))
    return foreign('an XML or SVG file', 'Give the profile that the picture was drawn from.', false);
  if (/^[[{]/.test(text)) return { kind: 'json' };
  if (isCollapsed(text)) return { kind: 'collapsed' };
  const [line = ''] = text.split('\n', 1);
  if (
    /^(?:HTTP\/[\d.]+ )?(?:error )?[1-5]\d\d\b|\b(?:not found|forbidden|unauthorized|denied|error|timeout|gateway|unavailable|could not|cannot)\b/i.test(
      line,
    )
  )
    return foreign(`an error text${quoted(line)}`, FETCH_AGAIN, false);
  return foreign(
    `a text${quoted(line)}`,
    'Give a pprof file, collapsed stacks, or a profile of speedscope or V8.',
    false,
  );
}

/** Describes a JSON text that is no profile: what it is, and what to do. */
export function describeJson(value: unknown): { what: string; todo: string } {
  if (typeof value === 'object' && value !== null) {
    if ('traceEvents' in value) {
      return {
        what: 'a trace of Chrome',
        todo: 'Record a CPU profile instead, or export one (`.cpuprofile`) from the trace.',
      };
    }
    if ('snapshot' in value)
      return { what: 'a heap snapshot of V8', todo: 'Record a heap profile instead (`node --heap-prof`).' };
    if ('flamebearer' in value)
      return { what: 'a flame graph of Pyroscope', todo: 'Export it as pprof instead.' };
    for (const name of ['message', 'error', 'detail', 'errorMessage', 'status', 'code'] as const) {
      const message: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
      if (typeof message === 'string' && message !== '')
        return { what: `a JSON text${quoted(message)}`, todo: FETCH_AGAIN };
    }
  }
  return { what: 'a JSON text that is no profile', todo: FETCH_AGAIN };
}

function foreign(what: string, todo: string, isProfile: boolean): Format {
  return { kind: 'foreign', what, todo, isProfile };
}

const MAX_QUOTED = 60;

function quoted(text: string): string {
  const line = safeText(text.replace(/\s+/g, ' ').trim(), MAX_QUOTED);
  return line === '' ? '' : ` ("${line}")`;
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

function beginsWith(head: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, at) => head[at] === byte);
}

/**
 * Whether a file is a CPU profile of gperftools, which begins with five words of 4 or 8 bytes: 0, 3, 0, the
 * sampling period in microseconds, 0.
 */
function isLegacyCpu(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return [4, 8].some((size) => {
    if (head.length < 5 * size) return false;
    return [true, false].some((isLittleEndian) => {
      const word = (at: number) =>
        size === 4
          ? view.getUint32(at * 4, isLittleEndian)
          : Number(view.getBigUint64(at * 8, isLittleEndian));
      const period = word(3);
      return word(0) === 0 && word(1) === 3 && word(2) === 0 && period > 0 && period <= 1e7 && word(4) === 0;
    });
  });
}

/** Decodes the beginning of a text; null where there are bytes that no text has. */
function decodeText(head: Uint8Array): string | null {
  const text = new TextDecoder().decode(head);
  // A character may be cut at the end.
  const body = head.length < HEAD_BYTES ? text : text.slice(0, -1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
  return /[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]/.test(body) ? null : text;
}

/** Wire types of the fields of a pprof message; 13 may also be packed. */
const WIRE: readonly (WireType | null)[] = [
  null,
  ...new Array<WireType>(6).fill(WireType.LengthDelimited),
  ...new Array<WireType>(4).fill(WireType.Varint),
  WireType.LengthDelimited,
  WireType.Varint,
  WireType.Varint,
  WireType.Varint,
  WireType.Varint,
];
/** Fields that are messages, each with the number of its own fields. */
const MESSAGES: Readonly<Record<number, number>> = { 1: 2, 2: 3, 3: 10, 4: 5, 5: 5, 11: 2 };

/**
 * Whether bytes begin as a pprof message does, whatever the order of its fields: every field has the number
 * and wire type of one, the messages among them are well-formed, and one of them at least is seen.
 */
function isPprof(head: Uint8Array): boolean {
  const reader = new BinaryReader(head);
  let isTelling = false;
  try {
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      const isPacked = field === 13 && wireType === WireType.LengthDelimited;
      if (WIRE[field] === undefined || (WIRE[field] !== wireType && !isPacked)) return false;
      if (wireType === WireType.Varint) {
        reader.uint64();
        continue;
      }
      const length = reader.uint32();
      const end = reader.pos + length;
      const fields = MESSAGES[field];
      if (fields !== undefined && length > 0 && end <= reader.len) {
        if (!isMessage(head.subarray(reader.pos, end), fields)) return false;
        isTelling = true;
      } else if (field === 6 && length === 0) isTelling = true;
      if (end > reader.len) return isTelling || head.length === HEAD_BYTES;
      reader.pos = end;
    }
  } catch {
    // The head ends within a number.
    return isTelling;
  }
  return isTelling;
}

function isMessage(bytes: Uint8Array, fields: number): boolean {
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field > fields || (wireType !== WireType.Varint && wireType !== WireType.LengthDelimited))
        return false;
      reader.skip(wireType, field);
    }
    return reader.pos === reader.len;
  } catch {
    return false;
  }
}
