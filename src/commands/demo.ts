import { fileURLToPath } from 'node:url';
import type { Config } from '../config/read.js';
import { connectToChild } from '../mcp/client.js';
import { builtFile, packageFile } from '../package-files.js';
import { PROGRAM } from '../program.js';
import type { Log } from '../telemetry/log.js';
import type { Io } from './environment.js';

const STORY = `2026-11-20, checkout-api: CPU per pod is above its threshold since 14:30 UTC, at the same request rate.
The engineer on call asks: what changed, and which function is responsible?
The bundled profiles are real, taken from two pods of a running service. This program now starts itself as an MCP
server, asks it as an agent would, and prints each call with the answer as the server gave it.`;

const INCIDENT = { service: 'checkout-api', from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' };

/** Directory of the bundled profiles. */
const DEMO = fileURLToPath(packageFile('fixtures/demo'));

const CALLS: readonly { tool: string; arguments: Readonly<Record<string, string>> }[] = [
  { tool: 'investigate', arguments: INCIDENT },
  { tool: 'summarize_profile', arguments: { ...INCIDENT, profile_type: 'cpu' } },
];

const NEXT = `Next, your own services: set GRAFANA_URL and GRAFANA_SERVICE_ACCOUNT_TOKEN, or PYROSCOPE_URL, or PROFILES_DIR for a folder of profiles; then \`${PROGRAM} doctor\` checks them and says what to do.`;

/**
 * Tells the bundled incident and has a server of its own find the cause, over the real protocol.
 * With `--open` it shows the report of the incident instead.
 * @returns 1 when any call fails
 */
export async function demo(config: Config, log: Log, io: Io): Promise<number> {
  if (config.opensReport) {
    const { openReport } = await import('./report.js');
    const question = { tool: 'investigate', arguments: INCIDENT };
    const store = { kind: 'files' as const, name: null, directory: DEMO };
    return openReport({ ...config, stores: [store] }, question, log, io);
  }
  const args = ['--profiles', DEMO, '--log-level', 'error'];
  const server = await connectToChild(fileURLToPath(builtFile('main.js')), args);
  try {
    io.out(STORY);
    let hasFailed = false;
    for (const call of CALLS) {
      const { text, isError } = await server.callTool(call.tool, call.arguments);
      io.out(`\n> ${call.tool} ${JSON.stringify(call.arguments)}`);
      if (io.answer === undefined) io.out(text);
      else await io.answer(text);
      hasFailed ||= isError;
    }
    io.out(`\n${NEXT}`);
    return hasFailed ? 1 : 0;
  } finally {
    await server.close();
  }
}
