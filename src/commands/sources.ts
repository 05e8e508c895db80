import type { Config } from '../config/read.js';
import { UpstreamError, UsageError } from '../errors.js';
import { describeFailure } from '../mcp/failures.js';
import { enableHint } from '../sources/grafana/commands.js';
import type { DataSource } from '../sources/grafana/discovery.js';
import type { GrafanaSources } from '../sources/grafana/sources.js';
import type { ListedSource, SourceRegistry } from '../sources/registry.js';
import { safeText } from '../text/sanitise.js';
import { createSources, type Io } from './environment.js';
import { failure } from './finding.js';

const ACTIONS = ['enable', 'disable', 'refresh'] as const;

/**
 * Lists the sources, and enables or disables the data sources of a Grafana.
 * @returns 1 when there is no source, or Grafana does not answer as it should
 * @throws UsageError
 */
export async function sources(config: Config, io: Io): Promise<number> {
  const [subcommand, ...names] = config.operands;
  const action = ACTIONS.find((word) => word === subcommand);
  if (subcommand !== undefined && action === undefined) {
    throw new UsageError(`sources ${subcommand} does not exist.`, `There is: sources ${ACTIONS.join('|')}.`);
  }
  if ((action === 'enable' || action === 'disable') && names.length === 0) {
    throw new UsageError(`sources ${action} needs the uid of a data source.`, 'See `pyroscope-mcp sources`.');
  }
  const { registry, grafana } = await createSources(config);
  const signal = AbortSignal.timeout(config.callTimeoutMs);
  try {
    if (action !== undefined && grafana === null) {
      throw new UsageError(
        `sources ${action} is for the data sources of a Grafana, and none is configured.`,
        'Set GRAFANA_URL and GRAFANA_SERVICE_ACCOUNT_TOKEN; a source named in the configuration is enabled by naming it.',
      );
    }
    if (action !== undefined && grafana !== null) await act(action, names, grafana, io, signal);
    if (action === undefined || action === 'refresh') return await print(registry, config, io, signal);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    io.err(toOperator(error, signal));
    return 1;
  } finally {
    await registry.close();
  }
}

async function act(
  action: (typeof ACTIONS)[number],
  names: readonly string[],
  grafana: GrafanaSources,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  if (action === 'refresh') {
    await grafana.refresh(signal);
  } else if (action === 'disable') {
    for (const { uid } of await grafana.disable(names, signal)) io.out(`disabled  uid ${safeText(uid, 100)}`);
  } else {
    for (const data of await grafana.enable(names, signal)) {
      io.out(`enabled  ${safeText(data.name, 100)}  uid ${safeText(data.uid, 100)}`);
      io.out(`  ${await checkHealth(grafana, data, signal)}`);
    }
  }
}

/**
 * Asks Grafana for the health of a data source that has just been enabled. A failure does not undo the
 * enabling.
 */
async function checkHealth(
  grafana: GrafanaSources,
  { uid }: DataSource,
  signal: AbortSignal,
): Promise<string> {
  try {
    const { ok, message } = await grafana.health(uid, signal);
    return `${ok ? 'ok' : 'warn'}  ${safeText(message, 300)}`;
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    return `warn  ${describeFailure(error).split('\n')[0] ?? ''}`;
  }
}

async function print(registry: SourceRegistry, config: Config, io: Io, signal: AbortSignal): Promise<number> {
  const { sources: listed, failure: failed } = await registry.overview(signal);
  const first = listed.find(({ source }) => source !== null);
  for (const row of listed) io.out(line(row, row === first, config.enabledSources !== null));
  if (failed !== null) io.err(toOperator(failed, signal));
  return failed === null ? 0 : 1;
}

/** A failure with what the reader does about it, who is the operator. */
function toOperator(error: unknown, signal: AbortSignal): string {
  const { text, fix } = failure(error, signal);
  return `${text}\nNext: ${fix}`;
}

function line(row: ListedSource, isDefault: boolean, isByConfiguration: boolean): string {
  const head = `${safeText(row.name, 100)}  uid ${safeText(row.uid, 100)}  ${row.kind}`;
  if (row.source !== null) return `${head}  enabled${isDefault ? '  (default)' : ''}`;
  if (row.enabled) return `${head}  missing  ${row.obstacle?.message ?? ''}`;
  return `${head}  disabled  enable: ${enableHint(row.uid, isByConfiguration)}`;
}
