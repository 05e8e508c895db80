import { type Config, UsageError } from '../config.js';
import { createSources, type Io } from './environment.js';

/**
 * Lists the configured sources.
 * @throws UsageError for the subcommands that only data sources found behind a Grafana have
 */
export async function sources(config: Config, io: Io): Promise<number> {
  const [subcommand] = config.operands;
  if (subcommand !== undefined) {
    throw new UsageError(
      `sources ${subcommand} does nothing yet.`,
      'A source named in the configuration is enabled by naming it; enabling by hand is for sources found behind a Grafana.',
    );
  }
  const registry = await createSources(config);
  if (registry.all.length === 0) {
    io.err('No source is configured. Set PYROSCOPE_URL, or give --profiles DIR.');
    return 1;
  }
  for (const [index, source] of registry.all.entries()) {
    io.out(`${source.name}  uid ${source.uid}  ${source.kind}  enabled${index === 0 ? '  (default)' : ''}`);
  }
  await registry.close();
  return 0;
}
