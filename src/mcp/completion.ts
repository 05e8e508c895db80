import { UpstreamError, UserError } from '../errors.js';
import type { Nameable } from '../query/names.js';
import { type Meter, type OperationEnd, operationStarted } from '../telemetry/meter.js';
import { untilAborted } from '../work/shared.js';
import type { CallEnvironment } from './call.js';

/** Time that a client waits for names while a person types, milliseconds. */
const COMPLETION_MS = 2_000;
/** Time that the question for names may take, milliseconds: the next key is answered from its result. */
const LEARNING_MS = 10_000;
/**
 * Maximum number of such questions at once, of all clients: half of the requests that a store gets at once
 * stay free for calls.
 */
const MAX_LEARNING = 4;

/** The names that exist for what is written so far. */
export type Completion = (
  names: Nameable,
  written: string,
  given: { source?: string; service?: string },
) => Promise<string[]>;

/**
 * Makes the completion of values. It never fails: a value can be typed, and the call that gets it reports its
 * faults. Every key that a person presses may ask the store, so few questions run at once; others are
 * completed with nothing meanwhile. They take no places from calls.
 */
export function completion(
  environmentOf: () => Promise<CallEnvironment>,
  meter: Pick<Meter, 'operation'>,
): Completion {
  let learning = 0;
  return async (names, written, { source, service }) => {
    const ended = operationStarted('completion/complete', meter);
    if (learning >= MAX_LEARNING) {
      ended('busy');
      return [];
    }
    const ask = async () => {
      learning++;
      try {
        const [{ context }, { findExistingNames: existingNames }] = await Promise.all([
          environmentOf(),
          import('../query/names.js'),
        ]);
        const given = { source: source || undefined, service: service || undefined };
        const signal = AbortSignal.timeout(LEARNING_MS);
        return await untilAborted(existingNames(names, written, given, { ...context, signal }), signal);
      } finally {
        learning--;
      }
    };
    const timeout = AbortSignal.timeout(COMPLETION_MS);
    try {
      const completions = await untilAborted(ask(), timeout);
      ended('answered');
      return completions;
    } catch (error) {
      ended(nameOutcome(error, timeout));
      return [];
    }
  };
}

function nameOutcome(error: unknown, timeout: AbortSignal): OperationEnd['outcome'] {
  if (timeout.aborted) return 'deadline';
  if (error instanceof UserError) return 'refused';
  return error instanceof UpstreamError ? 'upstream_failed' : 'internal_error';
}
