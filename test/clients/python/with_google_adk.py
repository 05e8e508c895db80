"""google-adk, with a model that calls the tool that it is told to call."""

import asyncio

from conversation import CALLS, IS_STDIO, cancel_running, say

# page: google-adk
import os

from google.adk.agents import LlmAgent
from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams, StreamableHTTPConnectionParams
from mcp import StdioServerParameters


def over_stdio(**options):
    server = StdioServerParameters(
        command="npx",
        args=["-y", "pyroscope-mcp"],
        env={"PYROSCOPE_URL": os.environ["PYROSCOPE_URL"]},
    )
    # The default of 5 s bounds not only the start but every call.
    return McpToolset(
        connection_params=StdioConnectionParams(server_params=server, timeout=60), **options
    )


def over_http(**options):
    params = StreamableHTTPConnectionParams(
        url=os.environ["PYROSCOPE_MCP_URL"],
        headers={"Authorization": f"Bearer {os.environ['PYROSCOPE_MCP_TOKEN']}"},
        timeout=60,  # default 5
    )
    return McpToolset(connection_params=params, **options)


def agent_of(toolset, model):
    return LlmAgent(name="on_call", model=model, tools=[toolset])


# end

from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types

seen = {}


class ScriptedModel(BaseLlm):
    """Calls one tool, then ends."""

    call: dict

    async def generate_content_async(self, llm_request, stream=False):
        seen["tools"] = list(llm_request.tools_dict)
        parts = llm_request.contents[-1].parts
        answer = next((part.function_response for part in parts if part.function_response), None)
        if answer is None:
            part = types.Part.from_function_call(name=self.call["name"], args=self.call["arguments"])
        else:
            seen["answer"] = answer.response
            part = types.Part.from_text(text="done")
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


async def main():
    progress = []

    async def on_progress(done, total, message):
        progress.append(done)

    toolset = over_stdio(progress_callback=on_progress) if IS_STDIO else over_http(progress_callback=on_progress)

    async def answer(call):
        runner = InMemoryRunner(agent=agent_of(toolset, ScriptedModel(model="scripted", call=call)))
        await runner.run_debug("Which code is responsible?", quiet=True)
        return seen["answer"]

    def text_of(response):
        return "".join(block["text"] for block in response.get("content", []))

    response = await answer(CALLS["call"])
    say("list", seen["tools"])
    say("call", text_of(response))
    say("progress", progress)
    response = await answer(CALLS["bad"])
    say("bad", {"isError": response.get("isError"), "text": text_of(response) or str(response)})
    await cancel_running(answer(CALLS["slow"]))
    say("after", text_of(await answer(CALLS["after"])))
    await toolset.close()


asyncio.run(main())
