"""pydantic-ai, with a model that calls the tool that it is told to call."""

import asyncio

from conversation import CALLS, IS_STDIO, cancel_running, say

# page: pydantic-ai
import os

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset

OPTIONS = {
    "include_instructions": True,  # default False
    "max_retries": 3,  # default 1
    "init_timeout": 30,  # default 5
}


def over_stdio(**options):
    transport = StdioTransport(
        command="npx",
        args=["-y", "pyroscope-mcp"],
        env={"PYROSCOPE_URL": os.environ["PYROSCOPE_URL"]},
    )
    return MCPToolset(transport, id="pyroscope", **OPTIONS, **options)


def over_http(**options):
    return MCPToolset(
        os.environ["PYROSCOPE_MCP_URL"],
        id="pyroscope",
        headers={"Authorization": f"Bearer {os.environ['PYROSCOPE_MCP_TOKEN']}"},
        **OPTIONS,
        **options,
    )


async def ask(toolset, model, question):
    agent = Agent(model, toolsets=[toolset])
    async with agent:
        return (await agent.run(question)).output


# end

from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel

seen = {}


def scripted(call):
    """Calls one tool, then repeats its answer, be it an error."""

    def respond(messages, info):
        seen["tools"] = [tool.name for tool in info.function_tools]
        seen["instructions"] = info.instructions
        for part in messages[-1].parts:
            if isinstance(part, ToolReturnPart):
                seen["outcome"] = part.outcome
                return ModelResponse(parts=[TextPart(str(part.content))])
        return ModelResponse(parts=[ToolCallPart(call["name"], call["arguments"])])

    return FunctionModel(respond)


async def main():
    progress = []

    async def on_progress(done, total, message):
        progress.append(done)

    connect = over_stdio if IS_STDIO else over_http
    async with connect(progress_handler=on_progress) as toolset:

        async def answer(call):
            return await ask(toolset, scripted(call), "Which code is responsible?")

        text = await answer(CALLS["call"])
        say("list", seen["tools"])
        say("call", text)
        say("progress", progress)
        say("instructions", seen["instructions"])
        say("resource", await toolset.read_resource(CALLS["resource"]))
        prompt = await toolset.get_prompt(CALLS["prompt"]["name"], CALLS["prompt"]["arguments"])
        say("prompt", prompt.messages[0].content.content)

        text = await answer(CALLS["bad"])
        say("bad", {"isError": seen["outcome"] == "retried", "text": text})
        await cancel_running(answer(CALLS["slow"]))
        say("after", await answer(CALLS["after"]))


asyncio.run(main())
