//! The official Rust SDK against pyroscope-mcp. The steps and their form are in ../../conversation.ts.

use std::{
    env,
    error::Error,
    sync::{Arc, Mutex},
};

use rmcp::{
    ClientHandler, ServiceExt,
    model::*,
    service::{NotificationContext, Peer, PeerRequestOptions, RoleClient},
    transport::{
        StreamableHttpClientTransport, TokioChildProcess,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines, Stdin, stdin},
    process::Command,
};

type Failure = Box<dyn Error>;

#[derive(Clone, Default)]
struct Handler {
    progress: Arc<Mutex<Vec<f64>>>,
}

impl ClientHandler for Handler {
    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.progress.lock().expect("no thread panicked").push(params.progress);
    }
}

fn say(step: &str, value: Value) {
    println!("{}", json!({ "step": step, "value": value }));
}

fn tool_call(call: &Value) -> CallToolRequestParams {
    let name = call["name"].as_str().unwrap_or_default().to_owned();
    let arguments = call["arguments"].as_object().cloned().unwrap_or_default();
    CallToolRequestParams::new(name).with_arguments(arguments)
}

/// The text of everything that has some, in the order of the answer.
fn text_of(value: &Value) -> String {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, inner)| match inner {
                Value::String(text) if key == "text" => text.clone(),
                _ => text_of(inner),
            })
            .collect(),
        Value::Array(items) => items.iter().map(text_of).collect(),
        _ => String::new(),
    }
}

async fn talk(
    peer: &Peer<RoleClient>,
    handler: &Handler,
    calls: &Value,
    lines: &mut Lines<BufReader<Stdin>>,
) -> Result<(), Failure> {
    let info = peer.peer_info().ok_or("the server did not introduce itself")?;
    say("protocol", json!(info.protocol_version));
    let tools = peer.list_all_tools().await?;
    say("list", json!(tools.iter().map(|tool| &tool.name).collect::<Vec<_>>()));

    let answer = peer.call_tool(tool_call(&calls["call"])).await?;
    say("call", json!(text_of(&serde_json::to_value(answer)?)));
    say("progress", json!(*handler.progress.lock().expect("no thread panicked")));

    let completion = &calls["completion"];
    let word = |key: &str| completion[key].as_str().unwrap_or_default().to_owned();
    let values = peer.complete_prompt_simple(word("prompt"), word("argument"), word("value")).await?;
    say("completion", json!(values));

    let uri = calls["resource"].as_str().unwrap_or_default();
    let resource = peer.read_resource(ReadResourceRequestParams::new(uri)).await?;
    say("resource", json!(text_of(&serde_json::to_value(resource)?)));

    let mut prompt = GetPromptRequestParams::new(calls["prompt"]["name"].as_str().unwrap_or_default());
    prompt.arguments = calls["prompt"]["arguments"].as_object().cloned();
    say("prompt", json!(text_of(&serde_json::to_value(peer.get_prompt(prompt).await?)?)));

    let refusal = serde_json::to_value(peer.call_tool(tool_call(&calls["bad"])).await?)?;
    say("bad", json!({ "isError": refusal["isError"], "text": text_of(&refusal) }));

    say("ready", Value::Null);
    lines.next_line().await?;
    let request = ClientRequest::CallToolRequest(Request::new(tool_call(&calls["slow"])));
    let running = peer.send_cancellable_request(request, PeerRequestOptions::no_options()).await?;
    lines.next_line().await?;
    running.cancel(Some("no longer wanted".to_owned())).await?;
    say("cancelled", Value::Null);
    lines.next_line().await?;

    let answer = peer.call_tool(tool_call(&calls["after"])).await?;
    say("after", json!(text_of(&serde_json::to_value(answer)?)));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let calls: Value = serde_json::from_str(&env::var("CLIENT_CALLS")?)?;
    let mut lines = BufReader::new(stdin()).lines();
    let handler = Handler::default();
    let service = if env::var("CLIENT_TRANSPORT")? == "stdio" {
        let mut command = Command::new("npx");
        command.args(["-y", "pyroscope-mcp"]);
        handler.clone().serve(TokioChildProcess::new(command)?).await?
    } else {
        let config = StreamableHttpClientTransportConfig::with_uri(env::var("PYROSCOPE_MCP_URL")?)
            .auth_header(env::var("PYROSCOPE_MCP_TOKEN")?);
        handler.clone().serve(StreamableHttpClientTransport::from_config(config)).await?
    };
    talk(service.peer(), &handler, &calls, &mut lines).await?;
    service.cancel().await?;
    Ok(())
}
