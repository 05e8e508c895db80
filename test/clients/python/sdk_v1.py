"""The official Python SDK 1.x."""

import asyncio
import os
from contextlib import asynccontextmanager

from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from conversation import CALLS, IS_STDIO, say, wait


@asynccontextmanager
async def streams():
    if IS_STDIO:
        server = StdioServerParameters(
            command="npx",
            args=["-y", "pyroscope-mcp"],
            env={"PYROSCOPE_URL": os.environ["PYROSCOPE_URL"]},
        )
        async with stdio_client(server) as (read, write):
            yield read, write
        return
    headers = {"Authorization": f"Bearer {os.environ['PYROSCOPE_MCP_TOKEN']}"}
    async with create_mcp_http_client(headers=headers) as http:
        async with streamable_http_client(os.environ["PYROSCOPE_MCP_URL"], http_client=http) as (read, write, _):
            yield read, write


async def cancel(session, call):
    """Cancels as this SDK can: its own requests send no notification when their task is cancelled."""
    say("ready")
    await wait()
    request_id = session._request_id
    task = asyncio.create_task(call)
    await wait()
    await session.send_notification(
        types.ClientNotification(
            types.CancelledNotification(params=types.CancelledNotificationParams(requestId=request_id))
        )
    )
    task.cancel()
    await asyncio.wait([task])
    say("cancelled")
    await wait()


async def main():
    async with streams() as (read, write), ClientSession(read, write) as session:
        started = await session.initialize()
        say("protocol", started.protocolVersion)
        say("list", [tool.name for tool in (await session.list_tools()).tools])

        progress = []

        async def on_progress(done, total, message):
            progress.append(done)

        async def text(call, **options):
            result = await session.call_tool(call["name"], call["arguments"], **options)
            return "".join(block.text for block in result.content)

        say("call", await text(CALLS["call"], progress_callback=on_progress))
        say("progress", progress)

        completion = CALLS["completion"]
        completed = await session.complete(
            types.PromptReference(type="ref/prompt", name=completion["prompt"]),
            {"name": completion["argument"], "value": completion["value"]},
        )
        say("completion", completed.completion.values)
        say("resource", (await session.read_resource(CALLS["resource"])).contents[0].text)
        prompt = await session.get_prompt(CALLS["prompt"]["name"], CALLS["prompt"]["arguments"])
        say("prompt", prompt.messages[0].content.text)

        bad = await session.call_tool(CALLS["bad"]["name"], CALLS["bad"]["arguments"])
        say("bad", {"isError": bad.isError, "text": bad.content[0].text})

        await cancel(session, text(CALLS["slow"]))
        say("after", await text(CALLS["after"]))


asyncio.run(main())
