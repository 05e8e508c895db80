// Checks the borders between the folders of src/: what each may import, and that no circle of value imports
// exists. Part of `npm run lint`. docs/develop/design.md explains the order.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Small files that every room may use. */
const SHARED = [
  'errors.ts',
  'duration.ts',
  'version.ts',
  'program.ts',
  'package-files.ts',
  'setting-file.ts',
  'text',
];
const PURE = { node: false, packages: ['re2js', 'zod'] };

/**
 * Each room with the rooms that it may import, and what else it may touch. A room that is not listed may
 * import nothing. `types` are rooms of which only types may be imported; `only` narrows a room to some of its
 * files.
 */
const ROOMS = {
  'main.ts': { imports: ['commands', 'config', 'telemetry'] },
  'jobs.ts': { imports: ['investigation', 'report', 'sources', 'profile', 'work'] },
  'worker.ts': { imports: ['jobs.ts', 'work'] },
  'offload.ts': { imports: ['jobs.ts', 'work'] },
  commands: {
    imports: [
      'jobs.ts',
      'access',
      'sign-in',
      'mcp',
      'tools',
      'investigation',
      'query',
      'patterns',
      'schema',
      'sources',
      'config',
      'telemetry',
      'report',
    ],
  },
  mcp: {
    imports: [
      'access',
      'sign-in',
      'tools',
      'query',
      'report',
      'profile',
      'sources',
      'config',
      'telemetry',
      'offload.ts',
      'work',
    ],
    only: { sources: ['sources/selector.ts', 'sources/source.ts'] },
    packages: ['@modelcontextprotocol'],
  },
  tools: {
    imports: [
      'investigation',
      'query',
      'patterns',
      'schema',
      'sources',
      'profile',
      'report',
      'offload.ts',
      'work',
    ],
  },
  investigation: { imports: ['query', 'sources', 'profile', 'offload.ts', 'work'], types: ['report'] },
  query: { imports: ['patterns', 'schema', 'sources', 'profile', 'report', 'offload.ts', 'work'] },
  patterns: { imports: ['schema', 'sources', 'profile', 'work'], types: ['report'] },
  schema: { imports: ['work', 'telemetry'], types: ['sources'] },
  config: { imports: ['sources', 'telemetry', 'profile'], only: { profile: ['profile/export/exported.ts'] } },
  sources: { imports: ['profile', 'telemetry', 'offload.ts', 'work'], packages: ['undici'] },
  access: {
    imports: ['sources'],
    types: ['patterns'],
    only: {
      sources: [
        'sources/registry.ts',
        'sources/store-naming.ts',
        'sources/source.ts',
        'sources/page-address.ts',
      ],
    },
  },
  'sign-in': {
    imports: ['access', 'config', 'sources', 'telemetry'],
    only: {
      config: ['config/oauth/read.ts'],
      sources: ['sources/source.ts', 'sources/pyroscope/http/connections.ts'],
    },
    packages: ['jose', 'undici'],
  },
  work: { imports: [], types: ['profile'] },
  telemetry: { imports: [] },
  report: { imports: ['profile'], types: ['sources'], only: { sources: ['sources/place.ts'] }, ...PURE },
  profile: { imports: [], ...PURE, packages: ['re2js', 'lru-cache', 'pprof-format', '@bufbuild'] },
  text: { imports: [], ...PURE, packages: ['leven'] },
  'errors.ts': { imports: [], ...PURE },
  'duration.ts': { imports: [], ...PURE },
  'version.ts': { imports: ['package-files.ts'] },
  'program.ts': { imports: [] },
  'package-files.ts': { imports: [] },
  'setting-file.ts': { imports: ['errors.ts'] },
};
/** Packages that only the rooms which name them may import. */
const GUARDED = ['@modelcontextprotocol', 'undici', 'jose'];
/** Rooms without input and output name every package that they use. */
const isPure = (room) => ROOMS[room]?.node === false;

/**
 * Folders of src/ of which the page in a browser (view/) may import values: the form of the data, the layout,
 * and how numbers and names are written, which it shares with the answers. Of the report it may import types.
 */
const VIEW = { values: ['report/picture/', 'text/'], types: ['report/'] };

const files = readdirSync(path.join(root, 'src'), { recursive: true })
  .map((name) => name.split(path.sep).join('/'))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .sort();
const known = new Set(files);
const findRoom = (file) => file.split('/')[0];

/** Imports of a file: `[specifier, whether only types are taken]`. */
function listImports(file) {
  const text = readFileSync(path.join(root, 'src', file), 'utf8');
  const found = [];
  for (const [, type, names, specifier] of text.matchAll(
    /^(?:import|export)\s+(type\s+)?([^;'"]*?)from\s+'([^']+)';/gm,
  )) {
    const list = names
      .replace(/[{}]/g, '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    found.push([specifier, type !== undefined || list.every((name) => name.startsWith('type '))]);
  }
  for (const [, specifier] of text.matchAll(/(?<!typeof )import\('([^']+)'\)/g))
    found.push([specifier, false]);
  return found;
}

const problems = [];
/** Maximum number of lines of a folder, without its tests and the folders below it. */
const MAX_ROOM_LINES = 2500;
const lineCounts = new Map();
for (const file of files) {
  const folder = path.posix.join('src', path.posix.dirname(file));
  const count = readFileSync(path.join(root, 'src', file), 'utf8').split('\n').length;
  lineCounts.set(folder, (lineCounts.get(folder) ?? 0) + count);
}
for (const [folder, count] of lineCounts)
  if (count > MAX_ROOM_LINES)
    problems.push(
      `${folder} has ${count} lines, more than ${MAX_ROOM_LINES}: divide it into folders by idea`,
    );

const values = new Map();
for (const file of files) {
  const room = findRoom(file);
  const rule = ROOMS[room];
  if (rule === undefined) {
    problems.push(
      `src/${file}: the room ${room} is not in scripts/rooms.mjs; add it with the rooms that it may import`,
    );
    continue;
  }
  const edges = [];
  for (const [specifier, isType] of listImports(file)) {
    if (!specifier.startsWith('.')) {
      const owner = specifier.startsWith('@') ? specifier.split('/')[0] : specifier.split(/[/:]/)[0];
      const named = rule.packages?.includes(owner) ?? false;
      if (specifier.startsWith('node:') && isPure(room)) {
        problems.push(`src/${file} imports ${specifier}: ${room} has no input or output`);
      } else if (!specifier.startsWith('node:') && !named && (GUARDED.includes(owner) || isPure(room))) {
        problems.push(
          `src/${file} imports ${specifier}: ${room} does not name this package in scripts/rooms.mjs`,
        );
      }
      continue;
    }
    const target = path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts');
    if (!known.has(target)) continue;
    if (!isType) edges.push(target);
    const other = findRoom(target);
    if (other === room) continue;
    const isInside = rule.only?.[other]?.includes(target) ?? true;
    const allowed =
      (SHARED.includes(other) && !SHARED.includes(room)) ||
      (isInside && rule.imports.includes(other)) ||
      (isInside && isType && (rule.types?.includes(other) ?? false)) ||
      (room === 'text' && other === 'errors.ts');
    if (!allowed) {
      problems.push(
        `src/${file} imports ${isType ? 'types of ' : ''}src/${target}: ${room} may import ${[...rule.imports, ...(rule.types ?? []).map((name) => `types of ${name}`), ...SHARED].join(', ')}`,
      );
    }
  }
  values.set(file, edges);
}

for (const name of readdirSync(path.join(root, 'view')).sort()) {
  if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
  for (const [specifier, isType] of listImports(path.join('..', 'view', name))) {
    if (specifier.startsWith('./')) continue;
    const target = /^\.\.\/src\/(.*)$/.exec(specifier)?.[1] ?? '';
    const allowed = isType ? [...VIEW.values, ...VIEW.types] : VIEW.values;
    if (!allowed.some((folder) => target.startsWith(folder)))
      problems.push(
        `view/${name} imports ${isType ? 'types of ' : ''}${specifier}: the page may import ${VIEW.values.join(', ')} and types of ${VIEW.types.join(', ')} of src/, and no package`,
      );
  }
}

/** Strongly connected components of more than one file (Tarjan 1972). */
function circles() {
  const order = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    order.set(file, order.size);
    low.set(file, order.get(file));
    stack.push(file);
    for (const next of values.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file), low.get(next)));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle);
  };
  for (const file of files) if (!order.has(file)) visit(file);
  return found;
}
for (const circle of circles())
  problems.push(`circle of value imports: ${circle.map((file) => `src/${file}`).join(', ')}`);

for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) {
  process.stderr.write(`${problems.length} problems with the rooms of src/\n`);
  process.exitCode = 1;
}
