import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { INSTRUCTIONS } from '../../src/mcp/instructions.js';
import { GUIDE } from '../../src/mcp/prompts/guide.js';
import { TOOLS } from '../../src/tools/index.js';
import { TOOL_CALLS } from '../support/tool-arguments.js';
import { CLIENTS, type ClientProgram, FEATURES, type Feature, TRANSPORTS, whyLacking } from './clients.js';
import { type Conversation, converse } from './conversation.js';
import { install, missingToolchain } from './install.js';
import { type Outcome, outcomeKey, outcomeTable } from './table.js';

// The official SDKs of other languages and agent frameworks, as their users install them, against the built
// program.

/** The first run fetches packages and compiles the Rust SDK. */
const INSTALL_MS = 900_000;
const CONVERSATION_MS = 360_000;

const outcomes = new Map<string, Outcome>();
afterAll(() => console.log(outcomeTable(CLIENTS, outcomes)));

/** Checks what a client reported about a feature. */
const CHECKS: Readonly<Record<Feature, (talk: Conversation, client: ClientProgram) => void>> = {
  list: ({ steps }, { namePrefix = '' }) => {
    expect(steps.get('list')).toEqual(TOOLS.map(({ name }) => `${namePrefix}${name}`));
    // Only the frameworks that have a setting for it show the model the instructions of the server.
    if (steps.has('instructions')) expect(steps.get('instructions')).toContain(INSTRUCTIONS);
  },
  call: ({ steps }) => {
    expect(steps.get('call')).toContain(TOOL_CALLS.investigate?.holds);
    expect(steps.get('after')).toContain('checkout-api');
  },
  progress: ({ steps }) => {
    const reported = steps.get('progress');
    expect(reported).toEqual(expect.arrayContaining([expect.any(Number)]));
    expect(reported).toEqual([...new Set(Array.isArray(reported) ? reported : [])].sort((a, b) => a - b));
  },
  'bad argument': ({ steps }) => {
    // Frameworks may hand the text of an error to the model without saying that it is one.
    const { isError = true, text } = Object(steps.get('bad'));
    expect(isError).toBe(true);
    expect(text).toContain('nope');
  },
  cancel: ({ steps, isFreed }) => {
    expect(steps.has('cancelled')).toBe(true);
    expect(isFreed, 'the request to the store was aborted').toBe(true);
  },
  completion: ({ steps }) => expect(steps.get('completion')).toEqual(['checkout-api']),
  resource: ({ steps }) => expect(steps.get('resource')).toBe(GUIDE),
  prompt: ({ steps }) => expect(steps.get('prompt')).toContain('1. investigate {"service":"checkout-api"'),
};

describe.each(CLIENTS)('$name $version', (client) => {
  const missing = missingToolchain(client.environment);
  if (missing !== null) console.log(`skipped: ${client.name}: ${missing}`);

  describe.skipIf(missing !== null).each(TRANSPORTS)('over %s', (transport) => {
    let talk: Conversation;

    beforeAll(async () => {
      talk = await converse(await install(client), transport);
    }, INSTALL_MS + CONVERSATION_MS);

    test('goes through all steps and ends well', () => {
      expect(talk.code, talk.stderr).toBe(0);
    });

    describe.each(FEATURES.filter((feature) => whyLacking(client, transport, feature) === undefined))(
      '%s',
      (feature) => {
        afterEach(({ task }) => {
          const isRight = task.result?.state === 'pass';
          outcomes.set(outcomeKey(client, transport, feature), isRight ? 'yes' : 'NO');
        });

        test('works', () => CHECKS[feature](talk, client));
      },
    );
  });
});
