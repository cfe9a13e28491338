package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

// logsOptions are the flags and arguments of `devpm logs`.
type logsOptions struct {
	Services []string
	Follow   bool
	Tail     string // a number of lines, or "all"
}

func newLogsCmd(app *App, run runner[logsOptions]) *cobra.Command {
	var o logsOptions
	cmd := &cobra.Command{
		Use:   "logs [SERVICE…]",
		Short: "Show what the services print",
		Long:  "logs shows the output of the services of the project, or of those named.",
		Example: `  devpm logs -f web
  devpm logs --tail 50`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if n, err := strconv.Atoi(o.Tail); o.Tail != "all" && (err != nil || n < 0) {
				return &usageError{cmd, fmt.Errorf("--tail takes a number of lines or all, not %q", o.Tail)}
			}
			o.Services = args
			return run(cmd.Context(), app, o)
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.Follow, "follow", "f", false, "keep showing new output")
	f.StringVar(&o.Tail, "tail", "all", "show only the last `LINES` of each service (default all)")
	f.Lookup("tail").DefValue = "" // pflag would put it in quotes
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
