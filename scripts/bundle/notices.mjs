import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Licences that allow what the bundle does, given that their text comes along. */
const ALLOWED = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0']);
const RULE = `\n\n${'-'.repeat(80)}\n\n`;

/**
 * Collects the notices of the packages that files come from: name, version, licence and its text.
 * @param inputs paths from the root of the project
 * @throws Error for a package whose licence is not known to allow it
 */
export function thirdPartyNotices(root, inputs) {
  const folders = new Set(
    inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
  const packages = [...folders].map((folder) => describePackage(path.join(root, folder)));
  // Packages of one project have equal texts, which stand once.
  const titlesByText = new Map();
  for (const { title, text } of packages) {
    const titles = titlesByText.get(text) ?? new Set();
    titlesByText.set(text, titles.add(title));
  }
  const notices = [...titlesByText].map(([text, titles]) => `${[...titles].sort().join('\n')}\n\n${text}`);
  const head = 'The program in this folder contains the packages below, under their own licences.';
  return `${[head, ...notices.sort()].join(RULE)}\n`;
}

function describePackage(folder) {
  const { name, version, license, author, repository } = JSON.parse(
    readFileSync(path.join(folder, 'package.json'), 'utf8'),
  );
  if (!isAllowed(license))
    throw new Error(
      `${name} ${version} has the licence ${license}. Where it allows the bundle, add it to scripts/notices.mjs.`,
    );
  const texts = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file))
    .sort()
    .map((file) => readFileSync(path.join(folder, file), 'utf8').trim());
  const origin = [author?.name ?? author, repository?.url ?? repository].filter(Boolean).join(', ');
  return {
    title: `${name} ${version} (${license})`,
    text: (texts.length > 0 ? texts : [origin]).join('\n\n'),
  };
}

/** Whether a licence expression (SPDX) allows it: every part of AND, any of OR. */
function isAllowed(expression) {
  return String(expression)
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => ALLOWED.has(licence)));
}
