// Program extension is the smallest extension with a step, for measuring what a
// round trip to it costs.
package main

import (
	"context"

	"github.com/devpm/devpm/extensions/sdk"
)

func main() {
	sdk.Main(sdk.Extension{Name: "bench", Version: "1.0.0", Steps: []sdk.Step{{
		ID: "bench.step", Description: "nothing",
		Evaluate: func(context.Context, sdk.Project) (sdk.Evaluation, error) { return sdk.Noop("as it was"), nil },
	}}})
}
