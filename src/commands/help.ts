import { OPTIONS, type Option } from '../config/options.js';
import { PROGRAM } from '../program.js';
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
  [
    'pyroscope-mcp gate --service NAME …',
    'a gate for deploys: exit code 0 nothing found, 3 found, 4 cannot say (docs/use/gate.md)',
  ],
  [
    'pyroscope-mcp report TOOL … --output FILE',
    'the answer with flame graphs and timeline as one HTML file (docs/use/pictures.md)',
  ],
  [
    'pyroscope-mcp export --output FILE …',
    'a merged profile as a file for pprof, flame graph tools, speedscope or `go build -pgo` (docs/use/export.md)',
  ],
  ['pyroscope-mcp demo', 'the findings of the bundled incident, without server or configuration'],
];

/** The text of `--help`, from the option table. */
export function helpText(): string {
  const listRows = (command: Option['command']) =>
    Object.values<Option>(OPTIONS)
      .filter((option) => option.command === command)
      .map((option) => {
        const flag = `--${option.flag}${option.value === null ? '' : ` ${option.value}`}`;
        const env = option.env === null ? '' : ` [${option.env}]`;
        const preset = option.default !== undefined ? ` (default ${option.default})` : '';
        return [flag, `${option.help}${preset}${env}`] as const;
      });
  const table = (rows: readonly (readonly [string, string])[]) => {
    const width = Math.max(...rows.map(([usage]) => usage.length)) + 2;
    return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n');
  };
  const exits = 'Exit codes: 0 fine, 1 the request failed, 2 usage; gate: 3 found, 4 cannot say.';
  return `${PACKAGE.name} ${PACKAGE.version}: findings from profiles for agents\n\nCommands\n${table(COMMANDS)}\n\nOptions [environment variable]\n${table(listRows(undefined))}\n\nOptions of gate\n${table(listRows('gate'))}\n\nOptions of report\n${table(listRows('report'))}\n\nOptions of export\n${table(listRows('export'))}\n\nOptions of demo\n${table(listRows('demo'))}\n\n${exits}`;
}

export function printHelp(io: Io): number {
  io.out(helpText());
  return 0;
}

export function printVersion(io: Io): number {
  io.out(PACKAGE.version);
  return 0;
}

/** Explains a command that does not exist; the name of a tool is not a command, but `call` takes it. */
export async function explainUnknownCommand(command: string): Promise<string> {
  const { TOOLS } = await import('../tools/index.js');
  const isTool = TOOLS.some(({ name }) => name === command);
  const next = isTool
    ? `It is a tool: \`${PROGRAM} call ${command} '{"service":"checkout-api"}'\`.`
    : `See \`${PROGRAM} --help\`.`;
  return `pyroscope-mcp: there is no command ${JSON.stringify(command)}. ${next}`;
}
