import type { Flame, Picture } from '../src/report/picture/format.js';
import type { Json, JsonObject } from '../src/report/render.js';
import { formatShare, formatValue } from '../src/text/units.js';
import { el } from './dom.js';
import { costText, perText, readCosts, readFile, readName, readWhole, shortName, shown } from './words.js';

/** Words for verdicts: the first of them is what a reader sees first. */
const VERDICTS: Readonly<Record<string, readonly [string, string]>> = {
  code_regression: ['Code regression', 'bad'],
  load_increase: ['More load', 'calm'],
  leak: ['Leak', 'bad'],
  contention: ['Contention', 'bad'],
  moved: ['Moved, not added', 'calm'],
  no_change: ['No change found', 'calm'],
  inconclusive: ['Inconclusive', 'calm'],
  improvement: ['Improvement', 'good'],
  scaling: ['More instances', 'calm'],
};

/** A field of the answer as text; '' where it is missing. */
export function textIn(data: JsonObject, name: string): string {
  const value = data[name];
  return typeof value === 'string' ? value : '';
}

export function objectIn(data: JsonObject, name: string): JsonObject {
  const value = data[name];
  return isObject(value) ? value : {};
}

export function listIn(data: JsonObject, name: string): readonly JsonObject[] {
  const value = data[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The verdict or the finding in large letters, its function, and what was measured. */
export function drawHead({ data, asked, text, flames }: Picture): HTMLElement {
  const verdict = textIn(data, 'verdict');
  const [word, tone] = VERDICTS[verdict] ?? ['', 'calm'];
  const scope = objectIn(data, 'scope');
  const service = textIn(scope, 'service') || textIn(scope, 'selector') || textIn(asked.arguments, 'service');
  const reason = textIn(data, 'verdict_reason') || textIn(data, 'headline');
  // An answer without data says why in its first lines.
  const plain =
    reason === '' && listIn(data, 'services').length === 0 ? text.split('\n').slice(0, 3).join(' ') : '';
  return el(
    'header',
    {},
    el('p', { class: 'faint' }, whatWasAsked(asked.tool, service, scope)),
    el(
      'h1',
      {},
      word === '' ? null : el('span', { class: `verdict ${tone}` }, word),
      word === '' ? pickTitle(asked.tool) : null,
    ),
    reason + plain === '' ? null : el('p', { class: 'reason' }, shownLine(reason || plain)),
    culprit(data, flames[0]),
  );
}

/** A sentence of the answer; it is longer than a name, and as untrusted. */
export function shownLine(text: string): string {
  const lines = text.length > 1_200 ? `${text.slice(0, 1_200)}…` : text;
  return lines
    .split(' ')
    .map((word) => shown(word))
    .join(' ');
}

function pickTitle(tool: string): string {
  if (tool === 'get_timeline') return 'Cost over time';
  if (tool === 'investigate') return 'Which service?';
  return tool === 'compare_profiles' ? 'Compared' : 'Where the cost goes';
}

function whatWasAsked(tool: string, service: string, scope: JsonObject): string {
  const [from, to] = [textIn(scope, 'from'), textIn(scope, 'to')];
  const times = from === '' ? '' : `, ${from.slice(0, 16).replace('T', ' ')}Z to ${timeAfter(from, to)}Z`;
  return `${shown(service) || 'all services'}${times} · ${tool}`;
}

/** The end of a window; the day stands there only where it is another one. */
function timeAfter(from: string, to: string): string {
  return from.slice(0, 10) === to.slice(0, 10) ? to.slice(11, 16) : to.slice(0, 16).replace('T', ' ');
}

/** The function that the finding names, with its numbers and the sentence of the answer. */
function culprit(data: JsonObject, flame: Flame | undefined): HTMLElement | null {
  const [first] = listIn(data, 'findings');
  const sentence = first === undefined ? textIn(data, 'finding') : textIn(first, 'sentence');
  const node = flame?.path[flame.named];
  const fn = node === undefined ? -1 : (flame?.nodes.fn[node] ?? -1);
  if (flame === undefined || fn < 0 || sentence === '')
    return sentence === '' ? null : el('p', { class: 'sentence' }, shownLine(sentence));
  const file = readFile(flame, fn);
  const numbers =
    first === undefined || textIn(first, 'function') === ''
      ? costText(flame, readCosts(flame, fn).total, readWhole(flame))
      : findingNumbers(first, flame);
  return el(
    'div',
    { class: 'culprit' },
    el(
      'p',
      {},
      el('strong', {}, shortName(readName(flame, fn))),
      ` ${shown(file.split('/').slice(-2).join('/'))}`,
    ),
    el('p', { class: 'numbers' }, numbers),
    el('p', { class: 'sentence' }, shownLine(sentence)),
  );
}

/** The numbers of the finding as the answer states them. */
function findingNumbers(finding: JsonObject, flame: Flame): string {
  const number = (name: string) => (typeof finding[name] === 'number' ? finding[name] : 0);
  const value = (name: string) =>
    number(name) === 0 ? '0' : formatValue(number(name), flame.type.unit, flame.type.noun);
  return (
    `${value('value_before')} → ${value('value_after')}${perText(flame)}` +
    ` (${formatShare(number('share_before'))} → ${formatShare(number('share_after'))} of ${flame.type.alias})`
  );
}
