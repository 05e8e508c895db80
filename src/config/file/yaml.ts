import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { safeText } from '../../text/sanitise.js';

/** Maximum length of a configuration file, in characters: a store takes some two hundred. */
const MAX_CHARACTERS = 256 * 1024;
/** Maximum depth of maps and lists; the deepest setting that there is lies four deep. */
const MAX_DEPTH = 6;

/** A part of a file as it is written, without a type: the option table says what a text means. */
export type FileNode = { readonly line: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'list'; readonly entries: readonly FileNode[] }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, FileNode> }
);

/** Reports a mistake in a line of the file. */
export type Refuse = (line: number, message: string, next: string) => never;

const PLAIN_YAML = 'Use maps, lists and texts only; docs/operate/configuration.md has an example.';

/**
 * Parses YAML 1.2 into maps, lists and texts. Aliases, tags and several documents are refused, so that a
 * small file cannot stand for a large one. No message quotes the file, which may hold secrets.
 */
export function parseYaml(text: string, refuse: Refuse): FileNode {
  if (text.length > MAX_CHARACTERS) {
    refuse(
      1,
      `it has ${text.length} characters, over ${MAX_CHARACTERS}.`,
      'Keep only the settings of this program in it.',
    );
  }
  const lineCounter = new LineCounter();
  const document = parse(text, lineCounter, refuse);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const { line } = lineCounter.linePos(problem.pos[0]);
    refuse(line, `this is not YAML that can be read (${toWords(problem.code)}).`, PLAIN_YAML);
  }
  const findLine = (node: Node) => Math.max(1, lineCounter.linePos(node.range?.[0] ?? 0).line);
  return document.contents === null
    ? { kind: 'nothing', line: 1 }
    : convert(document.contents, findLine(document.contents), 0, { findLine, refuse });
}

function parse(text: string, lineCounter: LineCounter, refuse: Refuse) {
  try {
    return parseDocument(text, {
      lineCounter,
      // Pretty errors quote the line.
      prettyErrors: false,
      schema: 'core',
      // Compares each key with every other; `convert` finds duplicates, too.
      uniqueKeys: false,
    });
  } catch (error) {
    // The parser calls itself for each level of nesting.
    if (!(error instanceof RangeError)) throw error;
    return refuse(1, 'its lists or maps are nested too deep.', PLAIN_YAML);
  }
}

interface Tools {
  findLine(node: Node): number;
  refuse: Refuse;
}

function convert(node: Node, line: number, depth: number, tools: Tools): FileNode {
  const { findLine, refuse } = tools;
  if (isAlias(node) || node.anchor !== undefined)
    return refuse(line, 'aliases and anchors are not taken.', PLAIN_YAML);
  if (depth > MAX_DEPTH) return refuse(line, 'its lists or maps are nested too deep.', PLAIN_YAML);
  if (isScalar(node)) {
    const { value, source, type } = node;
    if (value === null) return { kind: 'nothing', line };
    // Digits stay as they are written: 0123 may be a tenant.
    return { kind: 'text', line, text: type === 'PLAIN' && source !== undefined ? source : String(value) };
  }
  if (isSeq<Node>(node)) {
    const entries = node.items.map((item) => convert(item, findLine(item), depth + 1, tools));
    return { kind: 'list', line, entries };
  }
  if (!isMap<Node, Node | null>(node)) return refuse(line, 'this cannot be read.', PLAIN_YAML);
  const entries = new Map<string, FileNode>();
  for (const { key: keyNode, value } of node.items) {
    const keyLine = findLine(keyNode);
    const key = convert(keyNode, keyLine, depth + 1, tools);
    if (key.kind !== 'text') return refuse(keyLine, 'a key is no text.', PLAIN_YAML);
    if (entries.has(key.text)) {
      const name = JSON.stringify(safeText(key.text, 60));
      return refuse(keyLine, `the key ${name} stands here a second time.`, 'Remove one of them.');
    }
    entries.set(
      key.text,
      value === null ? { kind: 'nothing', line: keyLine } : convert(value, keyLine, depth + 1, tools),
    );
  }
  return { kind: 'map', line, entries };
}

/** `BAD_INDENT` as words. */
function toWords(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}
