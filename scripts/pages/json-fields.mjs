import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { patternsAnswer } from '../../dist/report/answers/patterns.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const DEMO = fileURLToPath(new URL('../../fixtures/demo', import.meta.url));

const asked = { service: 'checkout-api', from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' };
const whole = { ...asked, from: '2026-11-20T14:00:00Z' };
const fn = 'coupon.loadPattern';
/** Calls whose answers show the fields; a tool with several forms of answer has one for each. */
const CALLS = [
  ['investigate', '', asked],
  ['investigate', 'of several services', { from: asked.from, to: asked.to, group_by: 'pod' }],
  ['compare_profiles', '', { ...asked, profile_type: 'cpu' }],
  ['summarize_profile', '', { ...asked, profile_type: 'cpu' }],
  ['inspect_function', '', { ...asked, profile_type: 'cpu', function: fn }],
  ['get_timeline', '', { ...whole, profile_type: 'cpu', function: fn }],
  ['query_profile', '', { ...asked, profile_type: 'cpu' }],
  ['query_profile', 'view=tree', { ...asked, profile_type: 'cpu', view: 'tree' }],
  ['list_services', '', {}],
  ['list_profile_types', '', {}],
  ['list_labels', '', { service: 'checkout-api' }],
  ['list_labels', 'with label', { service: 'checkout-api', label: 'pod' }],
  ['list_data_sources', '', {}],
];
/** Fields of every answer about profiles, written once. */
const COMMON = ['scope', 'total', 'coverage', 'notes', 'next', 'links'];

/**
 * The fields of the JSON answers, as the built program gives them for the demo incident.
 * @param tools names of all tools
 * @throws Error when a tool has no call whose answer could show its fields
 */
export function jsonFields(tools) {
  const shown = [...CALLS.map(([tool]) => tool), 'find_query_patterns'];
  const missing = tools.filter((tool) => !shown.includes(tool));
  if (missing.length > 0) {
    throw new Error(
      `The JSON fields of ${missing.join(', ')} are not known: add a call to CALLS in scripts/pages/json-fields.mjs.`,
    );
  }
  const answers = CALLS.map(([tool, form, args]) => [tool, form, ask(tool, args)]);
  answers.push(['find_query_patterns', '', pattern()]);
  const about = answers.find(([tool]) => tool === 'summarize_profile')?.[2];
  const common = COMMON.map(
    (name) => `\`${name}${name === 'links' ? '[{title, url}]' : shape(about[name])}\``,
  );
  const rows = answers.map(([tool, form, answer]) => {
    const isProfile = 'total' in answer;
    const own = Object.entries(answer).filter(
      ([name]) => !(isProfile ? COMMON : ['notes', 'next', 'links', 'scope']).includes(name),
    );
    const fields = own.map(([name, value]) => `\`${name}${shape(value)}\``);
    return `| \`${tool}\`${form === '' ? '' : ` (${form})`} | ${fields.join(', ')} |`;
  });
  return { common, rows };
}

function ask(tool, args) {
  return JSON.parse(
    execFileSync(
      process.execPath,
      [MAIN, '--profiles', DEMO, 'call', tool, JSON.stringify({ ...args, format: 'json' })],
      // Nothing of the writer's own configuration.
      { encoding: 'utf8', env: { PATH: process.env.PATH, PYROSCOPE_MCP_CACHE_DIR: 'none' } },
    ),
  );
}

/** A pattern as one dashboard teaches it: there is none in a directory of profiles. */
function pattern() {
  return patternsAnswer({
    rows: [
      {
        source: 'prod',
        profileTypeId: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
        typeName: 'cpu',
        selector: '{service_name="checkout-api"}',
        groupBy: ['pod'],
        variesBy: [],
        titles: ['Checkout CPU'],
        dashboards: [{ title: 'Checkout', url: null }],
        seenMs: null,
        asked: { days: 1, conditions: [] },
        isValid: true,
        reason: null,
        call: null,
      },
    ],
    matching: 1,
    headline: '',
    habits: [],
    notes: [],
    next: [],
  }).data;
}

/** `[]` of a list, ` {a, b}` of an object, both with what is in them; nothing of a plain value. */
function shape(value) {
  if (Array.isArray(value)) {
    const rows = value.filter((row) => row !== null && typeof row === 'object' && !Array.isArray(row));
    return rows.length === 0 ? '[]' : `[${shape(Object.assign({}, ...rows.toReversed())).trim()}]`;
  }
  if (value === null || typeof value !== 'object') return '';
  const fields = Object.entries(value).map(
    ([name, inner]) => `${name}${name === 'arguments' ? '' : shape(inner)}`,
  );
  return ` {${fields.join(', ')}}`;
}
