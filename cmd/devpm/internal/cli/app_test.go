package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/internal/termx"
)

// run is one run of Main in memory.
type run struct {
	out, err bytes.Buffer
	host     Host
}

// newRun is a process in an empty directory, with the environment given.
func newRun(t *testing.T, environ ...string) *run {
	t.Helper()
	dir := t.TempDir()
	r := &run{}
	r.host = Host{
		Streams: termx.Streams{In: strings.NewReader(""), Out: &r.out, Err: &r.err},
		Environ: append([]string{"HOME=" + dir}, environ...),
		Getwd:   func() (string, error) { return dir, nil },
		Now:     func() time.Time { return time.Unix(0, 0) },
		Version: "1.2.3",
		Context: func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) },
	}
	return r
}

// parse runs one command's constructor with a run function that keeps the
// options.
func parse[O any](t *testing.T, build func(*App, runner[O]) *cobra.Command, args ...string) (got O, app *App, err error) {
	t.Helper()
	app = newApp(newRun(t).host)
	cmd := build(app, func(_ context.Context, _ *App, o O) error {
		got = o
		return nil
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{}, args...))
	return got, app, cmd.ExecuteContext(t.Context())
}
