"""Converts tool schemas with the packages of Python agent frameworks.

Reads {"tools": [{"name", "description", "inputSchema"}]} from stdin and prints one row per converter:
{"converter", "package", "failures": [{"tool", "error"}]}. Nothing is sent anywhere.
"""

import importlib
import json
import sys
import types
from importlib.metadata import version

#: Keywords of an argument that the strict modes of OpenAI, Anthropic and Bedrock all take.
STRICT_KEYWORDS = {"type", "description", "enum"}


def openai_agents(tool):
    from agents.mcp.util import MCPUtil

    # Stands for a server: only what the conversion asks of it.
    server = types.SimpleNamespace(
        name="pyroscope",
        tool_input_guardrails=None,
        tool_output_guardrails=None,
        _get_failure_error_function=lambda own: own,
        _get_needs_approval_for_tool=lambda *_: False,
    )
    made = MCPUtil.to_function_tool(mcp_tool(tool), server, True)
    assert made.strict_json_schema, "is not strict"
    check_strict(made.params_json_schema, tool)


def check_strict(schema, tool):
    wanted = set(tool["inputSchema"]["properties"])
    assert set(schema["required"]) == wanted, "does not require every argument"
    assert schema["additionalProperties"] is False, "takes further arguments"
    for name, argument in schema["properties"].items():
        check_keywords(name, argument)


def check_keywords(name, argument):
    assert set(argument) <= STRICT_KEYWORDS, f"{name} has {sorted(set(argument) - STRICT_KEYWORDS)}"


def google_genai(tool):
    from google.genai import _mcp_utils

    [declaration] = _mcp_utils.mcp_to_gemini_tool(mcp_tool(tool)).function_declarations
    check_gemini(declaration.parameters, tool)


def google_adk(tool):
    from google.adk.tools._gemini_schema_util import _to_gemini_schema

    check_gemini(_to_gemini_schema(tool["inputSchema"]), tool)


def check_gemini(schema, tool):
    source = tool["inputSchema"]["properties"]
    assert set(schema.properties) == set(source), "lost an argument"
    for name, argument in schema.properties.items():
        assert argument.type.value.lower() == source[name]["type"], f"{name} has another type"
        assert argument.description == source[name].get("description"), f"{name} lost its description"
        assert argument.enum == source[name].get("enum"), f"{name} lost its values"


def bedrock_converse(tool):
    import botocore.session
    from botocore.validate import ParamValidator

    model = botocore.session.get_session().get_service_model("bedrock-runtime")
    shape = model.operation_model("Converse").input_shape
    spec = {"name": tool["name"], "description": tool["description"], "inputSchema": {"json": tool["inputSchema"]}}
    request = {"modelId": "any", "messages": [], "toolConfig": {"tools": [{"toolSpec": spec}]}}
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()


def langchain(tool):
    from langchain_core.utils.function_calling import convert_to_openai_tool

    strict = convert_to_openai_tool(langchain_tool(tool), strict=True)["function"]["parameters"]
    assert strict["additionalProperties"] is False, "takes further arguments"
    assert set(strict["properties"]) == set(tool["inputSchema"]["properties"]), "lost an argument"


def langchain_google(tool):
    from langchain_google_genai._function_utils import convert_to_genai_function_declarations

    [made] = convert_to_genai_function_declarations([langchain_tool(tool)])
    [declaration] = made.function_declarations
    check_gemini(declaration.parameters, tool)


def langchain_tool(tool):
    from langchain_mcp_adapters.tools import convert_mcp_tool_to_langchain_tool

    return convert_mcp_tool_to_langchain_tool(None, mcp_tool(tool), connection={"transport": "stdio"})


def pydantic_ai(module, transformer, strict):
    def convert(tool):
        transform = getattr(importlib.import_module(module), transformer)
        schema = transform(json.loads(json.dumps(tool["inputSchema"])), strict=strict).walk()
        assert set(schema["properties"]) == set(tool["inputSchema"]["properties"]), "lost an argument"
        if strict:
            assert schema["additionalProperties"] is False, "takes further arguments"
            for name, argument in schema["properties"].items():
                check_keywords(name, argument)
                # What a converter cannot send as a keyword it writes into the description.
                same = argument.get("description") == tool["inputSchema"]["properties"][name].get("description")
                assert same, f"{name} has another description"

    return convert


def mcp_tool(tool):
    from mcp.types import Tool

    return Tool(name=tool["name"], description=tool["description"], inputSchema=tool["inputSchema"])


CONVERTERS = [
    ("OpenAI, strict", "openai-agents", openai_agents),
    ("Gemini", "google-genai", google_genai),
    ("Gemini", "google-adk", google_adk),
    ("Bedrock Converse", "botocore", bedrock_converse),
    ("OpenAI, strict", "langchain-mcp-adapters", langchain),
    ("Gemini", "langchain-google-genai", langchain_google),
    (
        "OpenAI, strict",
        "pydantic-ai-slim",
        pydantic_ai("pydantic_ai.profiles.openai", "OpenAIJsonSchemaTransformer", True),
    ),
    ("Gemini", "pydantic-ai-slim", pydantic_ai("pydantic_ai.profiles.google", "GoogleJsonSchemaTransformer", None)),
    (
        "Anthropic, strict",
        "pydantic-ai-slim",
        pydantic_ai("pydantic_ai.providers.anthropic", "AnthropicJsonSchemaTransformer", True),
    ),
    ("Bedrock, strict", "pydantic-ai-slim", pydantic_ai("pydantic_ai.providers.bedrock", "BedrockJsonSchemaTransformer", True)),
]


def failures(convert, tools):
    for tool in tools:
        try:
            convert(tool)
        except Exception as error:  # Any failure of a converter is a result.
            yield {"tool": tool["name"], "error": f"{type(error).__name__}: {error}"[:200]}


def main():
    tools = json.load(sys.stdin)["tools"]
    rows = [
        {
            "converter": converter,
            "package": f"{package} {version(package)}",
            "failures": list(failures(convert, tools)),
        }
        for converter, package, convert in CONVERTERS
    ]
    print(json.dumps(rows))


main()
