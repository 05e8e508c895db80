import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from '@modelcontextprotocol/server';
import { UserError } from '../errors.js';
import { didYouMean } from '../text/nearest.js';
import { cutRight } from '../text/sanitise.js';
import { TOOLS } from '../tools/index.js';
import { describeFailure } from './failures.js';
import { PROMPTS } from './prompts/index.js';

/** Longest part of a wrong name that is quoted. */
const MAX_QUOTED = 60;

/** The error for a tool that does not exist. */
export function unknownTool(name: string): ProtocolError {
  return invalid(notAmong('tool', name, TOOLS));
}

/** The error for a prompt that does not exist. */
export function unknownPrompt(name: string): ProtocolError {
  return invalid(notAmong('prompt', name, PROMPTS));
}

/** The error for a resource that does not exist. */
export function unknownResource(uri: string, existing: readonly string[]): ResourceNotFoundError {
  const failure = new UserError(
    `Resource not found: ${JSON.stringify(cutRight(uri, MAX_QUOTED))}.`,
    `Resources: ${existing.join(', ')}.`,
  );
  return new ResourceNotFoundError(uri, describeFailure(failure));
}

/** A failure that the protocol wants as an error with the code for invalid parameters. */
export function invalid(failure: UserError): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, describeFailure(failure));
}

function notAmong(kind: 'tool' | 'prompt', name: string, existing: readonly { name: string }[]): UserError {
  const names = existing.map((each) => each.name);
  return new UserError(
    `There is no ${kind} ${JSON.stringify(cutRight(name, MAX_QUOTED))}.`,
    `${didYouMean(name, names)}${kind === 'tool' ? 'Tools' : 'Prompts'}: ${names.join(', ')}.`,
  );
}
