import { UsageError } from '../errors.js';
import { PROGRAM } from '../program.js';
import type { Option, OptionName } from './options.js';

/** The options of the command `report`, and of `demo` where it shows its page. */
export const REPORT_OPTIONS = {
  reportOutput: {
    command: 'report',
    flag: 'output',
    env: null,
    value: 'FILE',
    help: 'file to write: a page that opens offline, or with --svg a drawing',
  },
  reportSvg: {
    command: 'report',
    flag: 'svg',
    env: null,
    value: null,
    help: 'write the flame graph alone, as an SVG',
  },
  reportForce: {
    command: 'report',
    flag: 'force',
    env: null,
    value: null,
    help: 'replace a file that exists',
  },
  demoOpen: {
    command: 'demo',
    flag: 'open',
    env: null,
    value: null,
    help: 'show the report of the bundled incident in the browser',
  },
} as const satisfies Record<string, Option>;

/** Names that people write for the tools whose answers have pictures. */
const TOOLS: Readonly<Record<string, string>> = {
  investigate: 'investigate',
  compare: 'compare_profiles',
  summarize: 'summarize_profile',
  timeline: 'get_timeline',
  query: 'query_profile',
};

/** The options of `report` as they were given. */
export interface ReportSettings {
  tool: string;
  /** Arguments of the tool; the call checks them. */
  arguments: Readonly<Record<string, unknown>>;
  output: string;
  isSvg: boolean;
  mayReplace: boolean;
}

/**
 * Reads the operands and options of the command `report`: the tool, then its arguments as `name=value` or as
 * one JSON object.
 *
 * @throws UsageError
 */
export function readReport(
  operands: readonly string[],
  text: (name: OptionName) => string | null,
  isOn: (name: OptionName) => boolean,
): ReportSettings {
  const [word, ...rest] = operands;
  const tool =
    word === undefined ? undefined : (TOOLS[word] ?? Object.values(TOOLS).find((name) => name === word));
  const example = `Example: ${PROGRAM} report investigate service=checkout-api from=now-1h to=now --output incident.html`;
  if (tool === undefined) {
    throw new UsageError(
      word === undefined
        ? 'report needs a question.'
        : `report cannot draw ${JSON.stringify(word.slice(0, 60))}.`,
      `Use one of: ${Object.keys(TOOLS).join(', ')}. ${example}`,
    );
  }
  const output = text('reportOutput');
  if (output === null) throw new UsageError('report needs --output FILE.', example);
  return {
    tool,
    arguments: readArguments(rest, example),
    output,
    isSvg: isOn('reportSvg'),
    mayReplace: isOn('reportForce'),
  };
}

function readArguments(words: readonly string[], example: string): Record<string, unknown> {
  const [only = ''] = words;
  if (words.length === 1 && only.trimStart().startsWith('{')) {
    try {
      const value: unknown = JSON.parse(only);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    } catch {
      throw new UsageError(`${JSON.stringify(only.slice(0, 100))} is not a JSON object.`, example);
    }
  }
  const pairs = words.map((word) => {
    const at = word.indexOf('=');
    if (at < 1) throw new UsageError(`${JSON.stringify(word.slice(0, 100))} is not name=value.`, example);
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
  const names = pairs.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined)
    throw new UsageError(`The argument ${JSON.stringify(twice)} is given twice.`, example);
  return Object.fromEntries(pairs);
}
