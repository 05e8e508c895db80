"""langchain-mcp-adapters, with a model that calls the tool that it is told to call."""

import asyncio

from conversation import CALLS, IS_STDIO, cancel_running, say

# page: langchain
import os

from langchain.agents import create_agent
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools


def over_stdio():
    return {
        "transport": "stdio",
        "command": "npx",
        "args": ["-y", "pyroscope-mcp"],
        "env": {"PYROSCOPE_URL": os.environ["PYROSCOPE_URL"]},
    }


def over_http():
    return {
        "transport": "streamable_http",
        "url": os.environ["PYROSCOPE_MCP_URL"],
        "headers": {"Authorization": f"Bearer {os.environ['PYROSCOPE_MCP_TOKEN']}"},
    }


async def ask(session, model, question):
    agent = create_agent(model, await load_mcp_tools(session))
    result = await agent.ainvoke({"messages": [{"role": "user", "content": question}]})
    return result["messages"][-1].text


async def investigate(connection, model, question):
    client = MultiServerMCPClient({"pyroscope": connection})
    async with client.session("pyroscope") as session:  # get_tools() would start a server for every call
        return await ask(session, model, question)


# end

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_mcp_adapters.callbacks import Callbacks

seen = {}


class ScriptedModel(BaseChatModel):
    """Calls one tool, then repeats its answer, be it an error."""

    call: dict

    @property
    def _llm_type(self):
        return "scripted"

    def bind_tools(self, tools, **_):
        seen["tools"] = [tool.name for tool in tools]
        return self

    def _generate(self, messages, stop=None, run_manager=None, **_):
        last = messages[-1]
        if isinstance(last, ToolMessage):
            seen["status"] = last.status
            message = AIMessage(last.text)
        else:
            call = {"name": self.call["name"], "args": self.call["arguments"], "id": "1", "type": "tool_call"}
            message = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=message)])


async def main():
    connection = over_stdio() if IS_STDIO else over_http()
    say("call", await investigate(connection, ScriptedModel(call=CALLS["call"]), "Which code is responsible?"))
    say("list", seen["tools"])

    progress = []

    async def on_progress(done, total, message, context):
        progress.append(done)

    client = MultiServerMCPClient({"pyroscope": connection}, callbacks=Callbacks(on_progress=on_progress))
    (tool,) = [tool for tool in await client.get_tools() if tool.name == CALLS["call"]["name"]]
    await tool.ainvoke(CALLS["call"]["arguments"])
    say("progress", progress)
    (resource,) = await client.get_resources("pyroscope", uris=CALLS["resource"])
    say("resource", resource.as_string())
    prompt = await client.get_prompt(
        "pyroscope", CALLS["prompt"]["name"], arguments=CALLS["prompt"]["arguments"]
    )
    say("prompt", prompt[0].text)

    async with client.session("pyroscope") as session:

        async def answer(call):
            return await ask(session, ScriptedModel(call=call), "Which code is responsible?")

        text = await answer(CALLS["bad"])
        say("bad", {"isError": seen["status"] == "error", "text": text})
        await cancel_running(answer(CALLS["slow"]))
        say("after", await answer(CALLS["after"]))


asyncio.run(main())
