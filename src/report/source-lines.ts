import { isCommit, writeCompareUrl, writeLineUrl } from '../profile/forge/forge.js';
import {
  type CodePlace,
  findBuildFolder,
  locateLine,
  type NamedFrame,
  type SourceCode,
} from '../profile/forge/locate.js';
import { safeText } from '../text/sanitise.js';
import type { Answer, Json, JsonObject } from './render.js';

/** Lists of findings in the JSON answers; each entry names a function, its file and its line. */
const FINDINGS: readonly string[] = ['findings', 'movers', 'application_functions', 'top_functions'];
/** Further lists, whose frames help to tell where the program was built. */
const FRAMES: readonly (readonly string[])[] = [
  ['hottest_path', 'frames'],
  ['path'],
  ['callers'],
  ['callees'],
];
/** Digits of a commit that a reader compares. */
const SHORT_COMMIT = 10;
/** Longest address that a text shows: some 60 tokens. */
const MAX_URL = 260;

/**
 * Adds the lines of the source to an answer: in JSON the address of each finding (`source_url`) and what is
 * deployed (`source_code`), in the text one address, that of the top finding or, where the sides ran
 * different references, that of the page which compares them.
 *
 * @param top the top finding; null where the first of the answer's own functions is, undefined where there is
 *   none
 */
export function withSourceLines(
  answer: Answer,
  code: SourceCode | null | undefined,
  top: NamedFrame | null | undefined,
): Answer {
  if (code === null || code === undefined) return answer;
  const linker = createLinker(code, listFrames(answer.data));
  const data = addUrls(answer.data, linker.link);
  const named = top === null ? findTop(answer.data) : top;
  const location = named === undefined ? null : linker.locate(named);
  const [first] = code.places;
  const compareUrl =
    first === undefined || first.ref === null || code.before === null
      ? null
      : writeCompareUrl(first.forge, code.before, first.ref);
  const question = compareUrl === null ? null : writeQuestion(location?.path ?? null);
  const row =
    compareUrl !== null
      ? `Deployed: ${shorten(code.before)} -> ${shorten(first?.ref ?? null)}. ${question} ${compareUrl}`
      : writeRow(location, code.refs);
  const isShort = row !== null && row.length <= MAX_URL + 160;
  return {
    ...answer,
    data: {
      ...data,
      source_code: {
        repository: first?.forge.url ?? null,
        ref: first?.ref ?? null,
        refs: code.refs,
        ref_before: code.before,
        compare_url: compareUrl,
        question,
      },
    },
    text: isShort ? [...answer.text, { rows: [row] }] : answer.text,
  };
}

/** A change of the file is never claimed: the page is not read. */
function writeQuestion(path: string | null): string {
  return path === null ? 'What did that change?' : `Did that change ${safeText(path, 120)}?`;
}

interface Located {
  path: string;
  url: string;
  place: string;
}

function writeRow(location: Located | null, refs: number): string | null {
  if (location === null || location.url.length > MAX_URL) return null;
  const others = refs > 1 ? ` (of most profiles; ${refs} references are deployed)` : '';
  return `Source at ${location.place}${others}: ${location.url}`;
}

function shorten(ref: string | null): string {
  return safeText(ref === null ? '' : isCommit(ref) ? ref.slice(0, SHORT_COMMIT) : ref, 60);
}

/** Finds lines in the places of a service: the first that holds a frame counts. */
function createLinker({ places }: SourceCode, frames: readonly NamedFrame[]) {
  const folders = new Map<CodePlace, string | null>(
    places.map((place) => [place, findBuildFolder(frames, place)]),
  );
  const locate = (frame: NamedFrame): Located | null => {
    for (const place of places) {
      const line = locateLine(frame, place, folders.get(place) ?? null);
      const url = line === null ? null : writeLineUrl(line);
      if (line !== null && url !== null) return { path: line.path, url, place: shorten(line.ref) };
    }
    return null;
  };
  return { locate, link: (frame: NamedFrame) => locate(frame)?.url ?? null };
}

function readFrame(value: Json | undefined): NamedFrame | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { function: name, file, line } = value as JsonObject;
  if (typeof name !== 'string') return null;
  return {
    function: name,
    file: typeof file === 'string' ? file : null,
    line: typeof line === 'number' ? line : null,
  };
}

function readList(data: JsonObject, path: readonly string[]): readonly Json[] {
  let value: Json | undefined = data;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    value = (value as JsonObject)[name];
  }
  return Array.isArray(value) ? value : [];
}

function listFrames(data: JsonObject): NamedFrame[] {
  return [...FINDINGS.map((name) => [name]), ...FRAMES]
    .flatMap((path) => readList(data, path))
    .flatMap((entry) => readFrame(entry) ?? []);
}

/** The function that an answer is about: itself, or the most expensive one of the team. */
function findTop(data: JsonObject): NamedFrame | undefined {
  const [own] = readList(data, ['application_functions']);
  return readFrame(data) ?? readFrame(own) ?? undefined;
}

/** A copy of the data with an address in every finding that has one. */
function addUrls(data: JsonObject, link: (frame: NamedFrame) => string | null): JsonObject {
  const withUrl = (entry: Json): Json => {
    const frame = readFrame(entry);
    const url = frame === null ? null : link(frame);
    return url === null ? entry : { ...(entry as JsonObject), source_url: url };
  };
  const lists = FINDINGS.filter((name) => Array.isArray(data[name])).map((name) => [
    name,
    readList(data, [name]).map(withUrl),
  ]);
  return { ...(withUrl(data) as JsonObject), ...Object.fromEntries(lists) };
}
