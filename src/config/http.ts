import { UserError } from '../errors.js';
import { OPTIONS, type Option, type OptionName } from './options.js';

/** How a server over HTTP treats its callers, and how it stops. */
export interface HttpSettings {
  access: {
    /** As given; checked when the server starts. */
    tokens: readonly string[];
    tokenFile: string | null;
    allowUnauthenticated: boolean;
  };
  limits: {
    parallelCalls: number;
    calls: number;
    callsPerClient: number;
    /** Null: no limit. */
    callsPerMinute: number | null;
  };
  /** Whether pages of answers are shown at /view. */
  hasView: boolean;
  shutdown: { delayMs: number; graceMs: number };
}

type HttpOption =
  | 'httpTokens'
  | 'httpTokenFile'
  | 'allowUnauthenticated'
  | 'httpView'
  | 'parallelCalls'
  | 'maxCalls'
  | 'maxCallsPerClient'
  | 'maxCallsPerMinute'
  | 'shutdownDelay'
  | 'shutdownGrace';

/** Largest number of calls that may be configured: memory and connections bear no more. */
const MAX_CALLS = 100_000;
/** Seconds. */
const LONGEST_STOP = 3_600;

/**
 * Reads the settings of a server over HTTP.
 * @param text the value of an option; null when it is not given
 * @throws UserError
 */
export function readHttpSettings(text: (name: HttpOption) => string | null): HttpSettings {
  const number = (name: HttpOption, min: number, max: number, isWhole: boolean) => {
    const value = Number(text(name));
    if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return value;
    const option: Option = OPTIONS[name];
    throw new UserError(
      `--${option.flag} ${JSON.stringify(text(name))} is not a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}.`,
      option.default === undefined ? 'Leave it out for no limit.' : `Default: ${option.default}.`,
    );
  };
  const calls = (name: HttpOption) => number(name, 1, MAX_CALLS, true);
  const milliseconds = (name: HttpOption) => Math.round(number(name, 0, LONGEST_STOP, false) * 1000);
  return {
    access: {
      tokens: (text('httpTokens') ?? '')
        .split(',')
        .map((token) => token.trim())
        .filter((token) => token !== ''),
      tokenFile: text('httpTokenFile'),
      allowUnauthenticated: isSwitchedOn('allowUnauthenticated', text('allowUnauthenticated')),
    },
    limits: {
      parallelCalls: calls('parallelCalls'),
      calls: calls('maxCalls'),
      callsPerClient: calls('maxCallsPerClient'),
      callsPerMinute: text('maxCallsPerMinute') === null ? null : calls('maxCallsPerMinute'),
    },
    hasView: isSwitchedOn('httpView', text('httpView')),
    shutdown: { delayMs: milliseconds('shutdownDelay'), graceMs: milliseconds('shutdownGrace') },
  };
}

/**
 * Whether a switch is on, by its flag or its variable.
 * @throws UserError for a variable that is neither yes nor no
 */
export function isSwitchedOn(name: OptionName, value: string | null): boolean {
  if (value === null || /^(0|false|no|off)$/i.test(value.trim())) return false;
  if (/^(1|true|yes|on)$/i.test(value.trim())) return true;
  const option: Option = OPTIONS[name];
  throw new UserError(
    `${option.env ?? `--${option.flag}`} ${JSON.stringify(value)} is not a yes or no.`,
    'Use true or false.',
  );
}
