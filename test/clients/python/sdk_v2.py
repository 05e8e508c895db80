"""The official Python SDK 2.x."""

import asyncio
import os

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import PromptReference

from conversation import CALLS, IS_STDIO, cancel_running, say


def connection():
    if IS_STDIO:
        return StdioServerParameters(
            command="npx",
            args=["-y", "pyroscope-mcp"],
            env={"PYROSCOPE_URL": os.environ["PYROSCOPE_URL"]},
        )
    headers = {"Authorization": f"Bearer {os.environ['PYROSCOPE_MCP_TOKEN']}"}
    return streamable_http_client(
        os.environ["PYROSCOPE_MCP_URL"], http_client=create_mcp_http_client(headers=headers)
    )


async def main():
    async with Client(connection()) as client:
        say("protocol", client.protocol_version)
        say("list", [tool.name for tool in (await client.list_tools()).tools])

        progress = []

        async def on_progress(done, total, message):
            progress.append(done)

        async def text(call, **options):
            result = await client.call_tool(call["name"], call["arguments"], **options)
            return "".join(block.text for block in result.content)

        say("call", await text(CALLS["call"], progress_callback=on_progress))
        say("progress", progress)

        completion = CALLS["completion"]
        completed = await client.complete(
            PromptReference(name=completion["prompt"]),
            {"name": completion["argument"], "value": completion["value"]},
        )
        say("completion", completed.completion.values)
        say("resource", (await client.read_resource(CALLS["resource"])).contents[0].text)
        prompt = await client.get_prompt(CALLS["prompt"]["name"], CALLS["prompt"]["arguments"])
        say("prompt", prompt.messages[0].content.text)

        bad = await client.call_tool(CALLS["bad"]["name"], CALLS["bad"]["arguments"])
        say("bad", {"isError": bad.is_error, "text": bad.content[0].text})

        await cancel_running(text(CALLS["slow"]))
        say("after", await text(CALLS["after"]))


asyncio.run(main())
