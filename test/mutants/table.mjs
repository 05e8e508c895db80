// The table of README.md, made of Stryker's reports.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Share of the mutants of a folder that tests must notice. */
const MIN_KILLED = 0.9;

/** Characters of an original that its key holds: enough to tell it from others, and short enough to read. */
const MAX_KEY = 100;

const squeeze = (text) => text.replaceAll(/\s+/g, ' ').trim();
const shorten = (text) => (text.length > MAX_KEY ? `${text.slice(0, MAX_KEY)}…` : text);

/** The text of a source between two places, which count lines and columns from 1. */
function cut(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.join('\n');
}

/**
 * A name of a mutant that stays when lines move: its kind, the text that it replaces and what by, and the
 * line that it stands in where the text alone says little.
 */
export function makeKey(source, { mutatorName, replacement, location }) {
  const original = squeeze(cut(source, location));
  const line = squeeze(source.split('\n')[location.start.line - 1]);
  const where = original.length < MAX_KEY && !line.startsWith(original) ? ` in ${shorten(line)}` : '';
  return `${mutatorName}: ${shorten(original)} → ${shorten(squeeze(replacement ?? ''))}${where}`;
}

/** Drops from a report the mutants of some files that were given up after a time. */
export function dropTimeouts(report, names) {
  if (!existsSync(report)) return;
  const { files, ...rest } = JSON.parse(readFileSync(report, 'utf8'));
  for (const name of names) {
    const file = files[name];
    if (file === undefined) continue;
    const isSure = ({ status, statusReason }) =>
      status !== 'Timeout' || /hit limit/i.test(statusReason ?? '');
    file.mutants = file.mutants.filter(isSure);
  }
  writeFileSync(report, JSON.stringify({ ...rest, files }));
}

const isAlive = ({ status }) => status === 'Survived' || status === 'NoCoverage';

/** Places of what survived in files that have not changed since, as Stryker's `--mutate` wants them. */
export function listSurvivors(report, names, root) {
  const { files } = JSON.parse(readFileSync(report, 'utf8'));
  return names.flatMap((name) => {
    const file = files[name];
    if (file === undefined || file.source !== readFileSync(path.join(root, name), 'utf8')) return [];
    const places = file.mutants.filter(isAlive).map(({ location: { start, end } }) => {
      return `${name}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`;
    });
    return [...new Set(places)];
  });
}

/** Notes in a report what a later run of survivors noticed. */
export function mergeResults(report, later) {
  const known = JSON.parse(readFileSync(report, 'utf8'));
  for (const [name, { mutants }] of Object.entries(JSON.parse(readFileSync(later, 'utf8')).files)) {
    const place = ({ location, replacement }) => JSON.stringify([location, replacement]);
    const found = new Map(mutants.map((mutant) => [place(mutant), mutant]));
    for (const mutant of known.files[name]?.mutants ?? []) {
      const again = found.get(place(mutant));
      const isNoticed = again?.status === 'Killed' || again?.status === 'Timeout';
      if (isAlive(mutant) && isNoticed)
        Object.assign(mutant, { status: again.status, statusReason: again.statusReason });
      if (mutant.status === 'NoCoverage' && again?.status === 'Survived') mutant.status = 'Survived';
    }
  }
  writeFileSync(report, JSON.stringify(known));
}

const COUNTED = new Set(['Killed', 'Timeout', 'Survived', 'NoCoverage']);

/** A few digits that tell one text of a file from another. */
const digest = (source) => createHash('sha256').update(source).digest('hex').slice(0, 12);
const isOld = (root, name, hash) => digest(readFileSync(path.join(root, name), 'utf8')) !== hash;

/** The mutants of each file of a report, and whether the file has changed since. */
export function readResults(report, root) {
  if (!existsSync(report)) return [];
  return Object.entries(JSON.parse(readFileSync(report, 'utf8')).files)
    .filter(([name]) => existsSync(path.join(root, name)))
    .map(([name, { source, mutants }]) => ({
      name,
      hash: digest(source),
      isOld: isOld(root, name, digest(source)),
      mutants: mutants
        .filter(({ status }) => COUNTED.has(status))
        .map((mutant) => ({
          status: mutant.status,
          line: mutant.location.start.line,
          key: makeKey(source, mutant),
        })),
    }))
    .filter(({ mutants }) => mutants.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const ROW = /^\| `([^`]+\.ts)` \| \d+ \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|/gm;
const SURVIVOR = /^- `([^`]+)`:(\d+) (?:`` (.*) ``|`(.*)`)$/gm;
const SOURCE = /^(\S+\.ts): (\w+)$/gm;

/** The mutants of each file as an earlier table tells them: the runs may have been made elsewhere. */
export function readPage(page, root) {
  const hashes = new Map([...page.matchAll(SOURCE)].map(([, name, hash]) => [name, hash]));
  const survivors = [...page.matchAll(SURVIVOR)];
  return [...page.matchAll(ROW)]
    .filter(([, name]) => existsSync(path.join(root, name)))
    .map(([, name, ...counts]) => {
      const [killed, timeout, survived] = counts.map(Number);
      const alive = survivors
        .filter((row) => row[1] === name)
        .map(([, , line, quoted, plain], at) => ({
          status: at < survived ? 'Survived' : 'NoCoverage',
          line: Number(line),
          key: quoted ?? plain,
        }));
      const mutants = [
        ...Array(killed).fill({ status: 'Killed' }),
        ...Array(timeout).fill({ status: 'Timeout' }),
        ...alive,
      ];
      const hash = hashes.get(name) ?? '';
      return { name, hash, isOld: isOld(root, name, hash), mutants };
    });
}

/** Results of each file: those of the runs that were made here, and else those of the earlier table. */
export function addRuns(earlier, results) {
  const files = new Map([...earlier, ...results].map((file) => [file.name, file]));
  return [...files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The reasons by file and key. */
function indexReasons(harmless) {
  const reasons = new Map();
  for (const { why, mutants } of harmless)
    for (const [file, keys] of Object.entries(mutants))
      for (const key of keys) reasons.set(`${file} ${key}`, why);
  return reasons;
}

function count(mutants) {
  const of = (status) => mutants.filter((mutant) => mutant.status === status).length;
  const [killed, timeout, survived, noCoverage] = ['Killed', 'Timeout', 'Survived', 'NoCoverage'].map(of);
  const explained = mutants.filter(({ why }) => why !== undefined).length;
  const all = mutants.length;
  const share = all === explained ? 1 : (killed + timeout) / (all - explained);
  return { all, killed, timeout, survived, noCoverage, explained, share };
}

/** The mutants of every file as a list, with the reason why no test has to notice those that survived. */
function explain(results, harmless) {
  const reasons = indexReasons(harmless);
  return results.map(({ mutants, ...file }) => ({
    ...file,
    mutants: mutants.map((mutant) => {
      const survived = mutant.status === 'Survived' || mutant.status === 'NoCoverage';
      const why = survived ? reasons.get(`${file.name} ${mutant.key}`) : undefined;
      return { ...mutant, survived, why };
    }),
  }));
}

function byFolder(files) {
  const folders = new Map();
  for (const { name, mutants } of files) {
    const folder = path.posix.dirname(name);
    folders.set(folder, [...(folders.get(folder) ?? []), ...mutants]);
  }
  return folders;
}

const percent = (share) => `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`;
const row = (cells) => `| ${cells.join(' | ')} |\n`;
const code = (text) => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);

const HEAD =
  row([
    'where',
    'mutants',
    'killed',
    'by time',
    'survived',
    'not reached',
    'harmless',
    'killed of the rest',
  ]) + row(['---', ...Array(7).fill('--:')]);

function countRow(name, mutants) {
  const { all, killed, timeout, survived, noCoverage, explained, share } = count(mutants);
  return row([name, all, killed, timeout, survived, noCoverage, explained, `**${percent(share)}**`]);
}

function listFolders(names) {
  const counts = new Map();
  for (const name of names) {
    const folder = path.posix.dirname(name);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .map(([folder, files]) => `\`${folder}/\` (${files} ${files === 1 ? 'file' : 'files'})`)
    .join(', ');
}

/** The files of which neither a report nor an earlier table says anything. */
export function listMissing(report, known, names) {
  const files = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).files : {};
  return names.filter((name) => !(name in files) && !known.some((file) => file.name === name));
}

/** The figures of each folder and file, and each survivor with its reason. */
export function makeTable(results, harmless, missing, today = new Date()) {
  const files = explain(results, harmless);
  const everything = files.flatMap(({ mutants }) => mutants);
  const old = files.filter(({ isOld }) => isOld).map(({ name }) => `\`${name}\``);
  const folders = [...byFolder(files)].map(([folder, mutants]) => countRow(`\`${folder}/\``, mutants));
  const rows = files.map(({ name, mutants }) => countRow(`\`${name}\``, mutants));
  const reasons = harmless.map(({ why }) => {
    const of = files.flatMap(({ name, mutants }) =>
      mutants
        .filter((mutant) => mutant.why === why)
        .map(({ line, key }) => `- \`${name}\`:${line} ${code(key)}`),
    );
    return of.length > 0 ? `### ${why}\n\n${of.join('\n')}\n` : '';
  });
  const open = files.flatMap(({ name, mutants }) =>
    mutants
      .filter(({ survived, why }) => survived && why === undefined)
      .map(({ line, key }) => `- \`${name}\`:${line} ${code(key)}`),
  );
  return [
    `Made on ${today.toISOString().slice(0, 10)} by \`npm run mutants\`.`,
    old.length > 0 ? ` Changed since they were run: ${old.join(', ')}.` : '',
    missing.length > 0 ? `\n\nNot run so far: ${listFolders(missing)}.` : '',
    `\n\n## By folder\n\n${HEAD}${folders.join('')}${countRow('all', everything)}`,
    `\n## By file\n\n${HEAD}${rows.join('')}`,
    `\n## Survivors that are harmless\n\n${reasons.filter(Boolean).join('\n')}`,
    `\n## Survivors without a reason\n\n${open.join('\n')}\n`,
    `\n<!-- The texts that were run, by their first digits.\n${files.map(({ name, hash }) => `${name}: ${hash}`).join('\n')}\n-->\n`,
  ].join('');
}

/** Faults of a table: folders below the bound, and reasons for mutants that are no survivors. */
export function listFaults(results, harmless) {
  const files = explain(results, harmless);
  const low = [...byFolder(files)]
    .map(([folder, mutants]) => ({ folder, ...count(mutants) }))
    .filter(({ share }) => share < MIN_KILLED)
    .map(({ folder, share }) => `${folder}: ${percent(share)} are killed, less than ${percent(MIN_KILLED)}.`);
  const used = new Set(
    files.flatMap(({ name, mutants }) => mutants.filter(({ why }) => why).map(({ key }) => `${name} ${key}`)),
  );
  const stale = [...indexReasons(harmless).keys()].filter((key) => !used.has(key));
  const open = files.flatMap(({ mutants }) => mutants.filter(({ survived, why }) => survived && !why)).length;
  return [
    ...low,
    ...stale.map((key) => `harmless.json has a reason for what is no survivor: ${key}`),
    ...(open > 0 ? [`${open} survivors have no reason.`] : []),
  ];
}
