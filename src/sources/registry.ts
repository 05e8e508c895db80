import { UserError } from '../errors.js';
import type { ProfileSource } from './source.js';

/** The sources that are configured, in the order of configuration; the first is the default. */
export interface SourceRegistry {
  readonly all: readonly ProfileSource[];
  /**
   * The source a caller means.
   * @throws UserError when there is none, or the name fits none
   */
  pick(nameOrUid: string | undefined): ProfileSource;
  close(): Promise<void>;
}

export function createRegistry(sources: readonly ProfileSource[]): SourceRegistry {
  return {
    all: sources,
    pick(nameOrUid) {
      const [first] = sources;
      if (first === undefined) {
        throw new UserError(
          'No data source is configured.',
          'An operator starts the server with PYROSCOPE_URL=… or --profiles DIR; `pyroscope-mcp doctor` checks it.',
        );
      }
      if (nameOrUid === undefined) return first;
      const found =
        sources.find((source) => source.uid === nameOrUid) ??
        sources.find((source) => source.name.toLowerCase() === nameOrUid.toLowerCase());
      if (found === undefined) {
        throw new UserError(
          `There is no data source ${JSON.stringify(nameOrUid)}.`,
          `Leave \`source\` out or use one of: ${sources.map((source) => source.name).join(', ')}.`,
        );
      }
      return found;
    },
    async close() {
      await Promise.all(sources.map((source) => source.close()));
    },
  };
}
