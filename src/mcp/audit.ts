import type { ToolContext } from '../query/context.js';
import type { CallOutcome } from '../telemetry/meter.js';
import { clientNow } from './caller.js';

/** A call for the audit log. It holds no argument and no part of the answer. */
export interface AuditEntry {
  /** Client id of the caller; null over stdio and on the command line, where there is only one. */
  client: string | null;
  tool: string;
  /** Uids of the sources that the call was about, whether a request or memory answered. */
  sources: readonly string[];
  outcome: CallOutcome;
}

export type Audit = (entry: AuditEntry) => void;

/**
 * Follows a call for the audit log.
 * @returns the registry that the call must use, and what is run at its end
 */
export function followCall(
  tool: string,
  registry: ToolContext['sources'],
  audit: Audit,
): { registry: ToolContext['sources']; end(outcome: CallOutcome): void } {
  const uids = new Set<string>();
  const client = clientNow();
  return {
    registry: {
      ...registry,
      async all(signal) {
        const sources = await registry.all(signal);
        for (const { uid } of sources) uids.add(uid);
        return sources;
      },
      async overview(signal) {
        const overview = await registry.overview(signal);
        for (const { uid, source } of overview.sources) if (source !== null) uids.add(uid);
        return overview;
      },
      async pick(nameOrUid, signal) {
        const source = await registry.pick(nameOrUid, signal);
        uids.add(source.uid);
        return source;
      },
    },
    end: (outcome) => audit({ client, tool, sources: [...uids].sort(), outcome }),
  };
}
