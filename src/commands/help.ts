import { OPTIONS } from '../config/options.js';
import { PACKAGE } from '../version.js';
import type { Io } from './environment.js';

const COMMANDS: readonly [string, string][] = [
  ['pyroscope-mcp', 'serve MCP over stdio'],
  ['pyroscope-mcp --http [HOST:]PORT', 'serve MCP over HTTP (path /mcp)'],
  ['pyroscope-mcp call TOOL [JSON]', 'run one tool and print its answer'],
  ['pyroscope-mcp sources', 'list the sources, and which of Grafana are enabled'],
  [
    'pyroscope-mcp sources enable|disable UID…',
    'enable or disable data sources of Grafana; none is at first',
  ],
  ['pyroscope-mcp sources refresh', 'discover data sources again'],
  ['pyroscope-mcp doctor', 'check configuration, reachability, credentials and data; says what to fix'],
  ['pyroscope-mcp demo', 'the findings of the bundled incident, without server or configuration'],
];

/** The text of `--help`, from the option table. */
export function helpText(): string {
  const options = Object.values(OPTIONS).map((option) => {
    const flag = `--${option.flag}${option.value === null ? '' : ` ${option.value}`}`;
    const env = option.env === null ? '' : ` [${option.env}]`;
    const preset = 'default' in option ? ` (default ${option.default})` : '';
    return [flag, `${option.help}${preset}${env}`] as const;
  });
  const table = (rows: readonly (readonly [string, string])[]) => {
    const width = Math.max(...rows.map(([left]) => left.length)) + 2;
    return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n');
  };
  return `${PACKAGE.name} ${PACKAGE.version}: findings from profiles for agents\n\nCommands\n${table(COMMANDS)}\n\nOptions [environment variable]\n${table(options)}\n\nExit codes: 0 fine, 1 the request failed, 2 usage.`;
}

export function printHelp(io: Io): number {
  io.out(helpText());
  return 0;
}

export function printVersion(io: Io): number {
  io.out(PACKAGE.version);
  return 0;
}
