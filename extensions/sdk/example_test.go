package sdk_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/devpm/devpm/extensions/sdk"
)

// A mail catcher, and the step that it needs. A program has Main where this
// example has Serve; devpm sends what is in conversation.
func Example() {
	mail := sdk.Extension{
		Name:    "mail",
		Version: "1.0.0",
		Services: []sdk.Fragment{{
			Name: "mailpit",
			Services: func(context.Context, sdk.Project) (map[string]sdk.Service, error) {
				return map[string]sdk.Service{"mailpit": {"image": "axllent/mailpit", "ports": []string{"8025:8025"}}}, nil
			},
		}},
		Steps: []sdk.Step{{
			ID:          "mail.directory",
			Description: "Make the mail directory",
			Evaluate: func(_ context.Context, p sdk.Project) (sdk.Evaluation, error) {
				return sdk.Run(p.Dir + "/mail is missing"), nil
			},
			Execute: func(_ context.Context, p sdk.Project) error { return os.MkdirAll(p.Dir+"/mail", 0o755) },
		}},
	}
	conversation := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol_version":1,"mode":"plan","context":{"project_dir":"/home/ana/shop"}}}
{"jsonrpc":"2.0","id":2,"method":"prepare.evaluate","params":{"id":"mail.directory"}}
`)
	if err := sdk.Serve(context.Background(), mail, conversation, os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"jsonrpc":"2.0","id":1,"result":{"protocol_version":1,"extension":{"name":"mail","version":"1.0.0"},"capabilities":["prepare.steps/1","compose.fragment/1"]}}
	// {"jsonrpc":"2.0","id":2,"result":{"outcome":"run","required":true,"reason":"/home/ana/shop/mail is missing"}}
}
