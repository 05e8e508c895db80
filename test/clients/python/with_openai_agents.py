"""openai-agents, with a model that calls the tool that it is told to call."""

import asyncio

from conversation import CALLS, IS_STDIO, cancel_running, say

# page: openai-agents
import os

from agents import Agent, Runner
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp


def over_stdio():
    return MCPServerStdio(
        params={
            "command": "npx",
            "args": ["-y", "pyroscope-mcp"],
            "env": {"PYROSCOPE_URL": os.environ["PYROSCOPE_URL"]},
        },
        client_session_timeout_seconds=60,  # default 5
        cache_tools_list=True,
    )


def over_http():
    return MCPServerStreamableHttp(
        params={
            "url": os.environ["PYROSCOPE_MCP_URL"],
            "headers": {"Authorization": f"Bearer {os.environ['PYROSCOPE_MCP_TOKEN']}"},
            "timeout": 60,  # default 5
        },
        client_session_timeout_seconds=60,  # default 5
        cache_tools_list=True,
    )


async def ask(server, model, question):
    agent = Agent(name="on-call", model=model, mcp_servers=[server])
    result = await Runner.run(agent, question)
    return result.final_output


# end

import json

from agents import Model, ModelResponse, Usage, set_tracing_disabled
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

set_tracing_disabled(True)


class ScriptedModel(Model):
    """Calls one tool, then repeats its answer."""

    def __init__(self, call):
        self.call = call
        self.tools = []

    async def get_response(self, system_instructions, input, model_settings, tools, *_, **__):
        self.tools = [tool.name for tool in tools]
        answers = [item["output"] for item in input if isinstance(item, dict) and "output" in item]
        if answers:
            text = answers[0] if isinstance(answers[0], str) else "".join(part["text"] for part in answers[0])
            output = ResponseOutputMessage(
                id="1",
                type="message",
                role="assistant",
                status="completed",
                content=[ResponseOutputText(type="output_text", text=text, annotations=[])],
            )
        else:
            output = ResponseFunctionToolCall(
                type="function_call",
                call_id="1",
                name=self.call["name"],
                arguments=json.dumps(self.call["arguments"]),
            )
        return ModelResponse(output=[output], usage=Usage(), response_id=None)

    def stream_response(self, *_, **__):
        raise NotImplementedError


async def main():
    async with over_stdio() if IS_STDIO else over_http() as server:

        async def answer(call):
            return await ask(server, ScriptedModel(call), "Which code is responsible?")

        model = ScriptedModel(CALLS["call"])
        text = await ask(server, model, "Which code is responsible?")
        say("list", model.tools)
        say("call", text)

        resource = await server.read_resource(CALLS["resource"])
        say("resource", resource.contents[0].text)
        prompt = await server.get_prompt(CALLS["prompt"]["name"], CALLS["prompt"]["arguments"])
        say("prompt", prompt.messages[0].content.text)

        say("bad", {"text": await answer(CALLS["bad"])})
        await cancel_running(answer(CALLS["slow"]))
        say("after", await answer(CALLS["after"]))


asyncio.run(main())
