// The AI SDK, with a model that calls the tool that it is told to call.

// page: ai-sdk
import { createMCPClient } from '@ai-sdk/mcp';
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { generateText, isStepCount } from 'ai';
// end
import { MockLanguageModelV4 } from 'ai/test';
import { CALLS, cancelRunning, IS_STDIO, joinTexts, say } from './conversation.mjs';

// page: ai-sdk
const overStdio = () =>
  createMCPClient({
    transport: new StdioMCPTransport({
      command: 'npx',
      args: ['-y', 'pyroscope-mcp'],
      env: { PYROSCOPE_URL: process.env.PYROSCOPE_URL },
    }),
  });

const overHttp = () =>
  createMCPClient({
    transport: {
      type: 'http',
      url: process.env.PYROSCOPE_MCP_URL,
      headers: { Authorization: `Bearer ${process.env.PYROSCOPE_MCP_TOKEN}` },
    },
  });

async function ask(client, model, prompt, abortSignal) {
  return generateText({
    model,
    instructions: client.instructions, // of the server: it does not reach the model by itself
    tools: await client.tools(),
    prompt,
    stopWhen: isStepCount(10), // default 1: the model would never read an answer
    abortSignal,
  });
}
// end

const seen = {};

/** Calls one tool, then repeats its answer, be it an error. */
function scripted(call) {
  const usage = { inputTokens: {}, outputTokens: {} };
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt, tools }) => {
      seen.tools = tools.map(({ name }) => name);
      seen.instructions = prompt.find(({ role }) => role === 'system')?.content;
      const answer = prompt.find(({ role }) => role === 'tool')?.content[0].output;
      if (answer !== undefined) {
        const text =
          answer.type === 'content' ? joinTexts({ content: answer.value }) : JSON.stringify(answer.value);
        return { content: [{ type: 'text', text }], finishReason: { unified: 'stop' }, usage, warnings: [] };
      }
      const input = JSON.stringify(call.arguments);
      const content = [{ type: 'tool-call', toolCallId: '1', toolName: call.name, input }];
      return { content, finishReason: { unified: 'tool-calls' }, usage, warnings: [] };
    },
  });
}

const client = await (IS_STDIO ? overStdio() : overHttp());
const answer = async (call, signal) =>
  (await ask(client, scripted(call), 'Which code is responsible?', signal)).text;

say('protocol', client.initializeResult.protocolVersion);
say('call', await answer(CALLS.call));
say('list', seen.tools);
say('instructions', seen.instructions);
say('resource', (await client.readResource({ uri: CALLS.resource })).contents[0].text);
say('prompt', (await client.getPrompt(CALLS.prompt)).messages[0].content.text);
say('bad', { text: await answer(CALLS.bad) });
await cancelRunning((signal) => answer(CALLS.slow, signal));
say('after', await answer(CALLS.after));
await client.close();
process.exit();
