// Mastra, with a model that calls the tool that it is told to call.

// page: mastra
import { Agent } from '@mastra/core/agent';
import { MCPClient } from '@mastra/mcp';
// end
import { MockLanguageModelV4 } from 'ai/test';
import { CALLS, cancelRunning, IS_STDIO, joinTexts, say } from './conversation.mjs';

// page: mastra
const overStdio = () => ({
  command: 'npx',
  args: ['-y', 'pyroscope-mcp'],
  env: { PYROSCOPE_URL: process.env.PYROSCOPE_URL },
});

const overHttp = () => ({
  url: new URL(process.env.PYROSCOPE_MCP_URL),
  requestInit: { headers: { Authorization: `Bearer ${process.env.PYROSCOPE_MCP_TOKEN}` } },
});

function connect(server) {
  const options = {
    forwardInstructions: true, // default false
    instructionsMaxLength: 2048, // default 512
    enableProgressTracking: true,
  };
  return new MCPClient({ servers: { pyroscope: { ...server, ...options } } });
}

async function createAgent(client, model) {
  const tools = await client.listTools(); // names as pyroscope_investigate
  return new Agent({ id: 'on-call', name: 'on-call', instructions: 'Find the code.', model, tools });
}
// end

const seen = {};

/** Calls one tool, then repeats its answer, be it an error. */
function scripted(call) {
  const usage = { inputTokens: {}, outputTokens: {} };
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt, tools }) => {
      seen.tools = tools.map(({ name }) => name);
      seen.instructions = prompt
        .flatMap(({ role, content }) => (role === 'system' ? [content] : []))
        .join('\n');
      const answer = prompt.find(({ role }) => role === 'tool')?.content[0].output;
      if (answer !== undefined) {
        const text = JSON.stringify(answer.value);
        return { content: [{ type: 'text', text }], finishReason: { unified: 'stop' }, usage, warnings: [] };
      }
      const input = JSON.stringify(call.arguments);
      const content = [{ type: 'tool-call', toolCallId: '1', toolName: `pyroscope_${call.name}`, input }];
      return { content, finishReason: { unified: 'tool-calls' }, usage, warnings: [] };
    },
  });
}

const client = connect(IS_STDIO ? overStdio() : overHttp());
const progress = [];
await client.progress.onUpdate('pyroscope', (params) => progress.push(params.progress));

async function answer(call, abortSignal) {
  const agent = await createAgent(client, scripted(call));
  return (await agent.generate('Which code is responsible?', { abortSignal })).text;
}

say('call', await answer(CALLS.call));
say('list', seen.tools);
say('instructions', seen.instructions);
say('progress', progress);
say('resource', (await client.resources.read('pyroscope', CALLS.resource)).contents[0].text);
const prompt = await client.prompts.get({
  serverName: 'pyroscope',
  name: CALLS.prompt.name,
  args: CALLS.prompt.arguments,
});
say('prompt', joinTexts({ content: prompt.messages.map(({ content }) => content) }));
say('bad', { text: await answer(CALLS.bad) });
await cancelRunning((signal) => answer(CALLS.slow, signal));
say('after', await answer(CALLS.after));
await client.disconnect();
process.exit();
