import type { Config } from '../config/read.js';
import type { GrafanaStore } from '../config/stores.js';
import { UpstreamError, UsageError } from '../errors.js';
import { describeFailure } from '../mcp/failures.js';
import { PROGRAM } from '../program.js';
import { enableHint } from '../sources/grafana/commands.js';
import type { DataSource } from '../sources/grafana/discovery.js';
import type { GrafanaSources } from '../sources/grafana/sources.js';
import type { ListedSource, SourceRegistry } from '../sources/registry.js';
import { storeNaming } from '../sources/store-naming.js';
import { safeText } from '../text/sanitise.js';
import { createSources, type Io, type OpenStore } from './environment.js';
import { failure } from './finding.js';

const ACTIONS = ['enable', 'disable', 'refresh'] as const;

type OpenGrafana = Extract<OpenStore, { kind: 'grafana' }>;

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
    throw new UsageError(`sources ${action} needs the uid of a data source.`, `See \`${PROGRAM} sources\`.`);
  }
  const { registry, stores } = await createSources(config);
  const grafanas = stores.flatMap((open) => (open.kind === 'grafana' ? [open] : []));
  const signal = AbortSignal.timeout(config.callTimeoutMs);
  try {
    if (action !== undefined && grafanas.length === 0) {
      throw new UsageError(
        `sources ${action} is for the data sources of a Grafana, and none is configured.`,
        'Set GRAFANA_URL and GRAFANA_SERVICE_ACCOUNT_TOKEN; a source named in the configuration is enabled by naming it.',
      );
    }
    if (action === 'refresh') for (const { grafana } of grafanas) await grafana.refresh(signal);
    else if (action !== undefined) {
      for (const [grafana, own] of groupByStore(names, grafanas)) await act(action, own, grafana, io, signal);
    }
    if (action === undefined || action === 'refresh') return await print(registry, grafanas, io, signal);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    io.err(toOperator(error, signal));
    return 1;
  } finally {
    await registry.close();
  }
}

/**
 * Names of data sources by the Grafana that they are of.
 * @throws UsageError for a name without its store, where several Grafanas are configured
 */
function groupByStore(
  names: readonly string[],
  grafanas: readonly OpenGrafana[],
): Map<GrafanaSources, string[]> {
  const groups = new Map<GrafanaSources, string[]>();
  for (const name of names) {
    const isIn = ({ store }: OpenGrafana) => store.name !== null && storeNaming(store.name).isFull(name);
    const open = grafanas.find(isIn) ?? (grafanas.length === 1 ? grafanas[0] : undefined);
    if (open === undefined) {
      const choices = grafanas.map(({ store }) => storeNaming(store.name).toFull(name));
      throw new UsageError(
        `${JSON.stringify(safeText(name, 100))} does not say of which store it is.`,
        `Name the store, too: ${choices.map((choice) => safeText(choice, 200)).join(' or ')}.`,
      );
    }
    groups.set(open.grafana, [...(groups.get(open.grafana) ?? []), name]);
  }
  return groups;
}

async function act(
  action: 'enable' | 'disable',
  names: readonly string[],
  grafana: GrafanaSources,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  if (action === 'disable') {
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

async function print(
  registry: SourceRegistry,
  grafanas: readonly OpenGrafana[],
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const { sources: listed, defaultSource, failures } = await registry.overview(signal);
  for (const row of listed) {
    const isDefault = row.source !== null && row.source === defaultSource;
    io.out(line(row, isDefault, findStore(row, grafanas)));
  }
  for (const { error } of failures) io.err(toOperator(error, signal));
  return failures.length === 0 ? 0 : 1;
}

/** The store of a data source; undefined for a source that the configuration names. */
function findStore({ uid }: ListedSource, grafanas: readonly OpenGrafana[]): GrafanaStore | undefined {
  return grafanas.find(({ store }) => storeNaming(store.name).isFull(uid))?.store;
}

/** A failure with what the reader does about it, who is the operator. */
function toOperator(error: unknown, signal: AbortSignal): string {
  const { text, fix } = failure(error, signal);
  return `${text}\nNext: ${fix}`;
}

function line(row: ListedSource, isDefault: boolean, store: GrafanaStore | undefined): string {
  const head = `${safeText(row.name, 100)}  uid ${safeText(row.uid, 100)}  ${row.kind}`;
  if (row.source !== null) return `${head}  enabled${isDefault ? '  (default)' : ''}`;
  if (row.enabled) return `${head}  missing  ${row.obstacle?.message ?? ''}`;
  const isByConfiguration = store !== undefined && store.enabledSources !== null;
  return `${head}  disabled  enable: ${enableHint(row.uid, store?.name ?? null, isByConfiguration)}`;
}
