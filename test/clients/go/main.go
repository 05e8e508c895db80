// The official Go SDK against pyroscope-mcp. The steps and their form are in ../conversation.ts.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type toolCall struct {
	Name      string         `json:"name"`
	Arguments map[string]any `json:"arguments"`
}

type calls struct {
	Call, Bad, Slow, After toolCall
	Completion             struct{ Prompt, Argument, Value string }
	Resource               string
	Prompt                 struct {
		Name      string
		Arguments map[string]string
	}
}

// withToken adds the bearer token to every request.
type withToken string

func (token withToken) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+string(token))
	return http.DefaultTransport.RoundTrip(request)
}

func connection() mcp.Transport {
	if os.Getenv("CLIENT_TRANSPORT") == "stdio" {
		return &mcp.CommandTransport{Command: exec.Command("npx", "-y", "pyroscope-mcp")}
	}
	return &mcp.StreamableClientTransport{
		Endpoint:   os.Getenv("PYROSCOPE_MCP_URL"),
		HTTPClient: &http.Client{Transport: withToken(os.Getenv("PYROSCOPE_MCP_TOKEN"))},
	}
}

func say(step string, value any) {
	line, err := json.Marshal(map[string]any{"step": step, "value": value})
	must(err)
	os.Stdout.Write(append(line, '\n'))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func textOf(result *mcp.CallToolResult) string {
	var text strings.Builder
	for _, block := range result.Content {
		if content, isText := block.(*mcp.TextContent); isText {
			text.WriteString(content.Text)
		}
	}
	return text.String()
}

func main() {
	var asked calls
	must(json.Unmarshal([]byte(os.Getenv("CLIENT_CALLS")), &asked))
	input := bufio.NewReader(os.Stdin)
	wait := func() {
		_, err := input.ReadString('\n')
		must(err)
	}

	var mutex sync.Mutex
	progress := []float64{}
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, request *mcp.ProgressNotificationClientRequest) {
			mutex.Lock()
			defer mutex.Unlock()
			progress = append(progress, request.Params.Progress)
		},
	})
	ctx := context.Background()
	session, err := client.Connect(ctx, connection(), nil)
	must(err)
	say("protocol", session.InitializeResult().ProtocolVersion)

	names := []string{}
	for tool, err := range session.Tools(ctx, nil) {
		must(err)
		names = append(names, tool.Name)
	}
	say("list", names)

	call := func(ctx context.Context, asked toolCall) (*mcp.CallToolResult, error) {
		params := &mcp.CallToolParams{Name: asked.Name, Arguments: asked.Arguments}
		params.SetProgressToken(asked.Name)
		return session.CallTool(ctx, params)
	}
	answer, err := call(ctx, asked.Call)
	must(err)
	say("call", textOf(answer))
	mutex.Lock()
	say("progress", progress)
	mutex.Unlock()

	completed, err := session.Complete(ctx, &mcp.CompleteParams{
		Ref:      &mcp.CompleteReference{Type: "ref/prompt", Name: asked.Completion.Prompt},
		Argument: mcp.CompleteParamsArgument{Name: asked.Completion.Argument, Value: asked.Completion.Value},
	})
	must(err)
	say("completion", completed.Completion.Values)

	resource, err := session.ReadResource(ctx, &mcp.ReadResourceParams{URI: asked.Resource})
	must(err)
	say("resource", resource.Contents[0].Text)

	prompt, err := session.GetPrompt(ctx, &mcp.GetPromptParams{Name: asked.Prompt.Name, Arguments: asked.Prompt.Arguments})
	must(err)
	say("prompt", prompt.Messages[0].Content.(*mcp.TextContent).Text)

	refusal, err := call(ctx, asked.Bad)
	must(err)
	say("bad", map[string]any{"isError": refusal.IsError, "text": textOf(refusal)})

	say("ready", nil)
	wait()
	cancellable, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		_, err := call(cancellable, asked.Slow)
		ended <- err
	}()
	wait()
	cancel()
	<-ended
	say("cancelled", nil)
	wait()

	answer, err = call(ctx, asked.After)
	must(err)
	say("after", textOf(answer))
	must(session.Close())
}
