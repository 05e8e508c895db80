"""Talks to the runner of the tests: a line of JSON for each step, and a line of input before it goes on."""

import asyncio
import json
import os
import sys

CALLS = json.loads(os.environ["CLIENT_CALLS"])
IS_STDIO = os.environ["CLIENT_TRANSPORT"] == "stdio"


def say(step, value=None):
    print(json.dumps({"step": step, "value": value}), flush=True)


async def wait():
    """Waits until the runner says to go on."""
    await asyncio.to_thread(sys.stdin.readline)


async def cancel_running(call):
    """Starts a call, and cancels its task when the runner says that the store has been asked."""
    say("ready")
    await wait()
    task = asyncio.create_task(call)
    await wait()
    task.cancel()
    await asyncio.wait([task])
    say("cancelled")
    await wait()
