package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// portOptions are the flag and arguments of `devpm port`.
type portOptions struct {
	Service  string
	Port     int    // in the container; 0: the only one
	Protocol string // tcp, udp, sctp
	Format   string // text, json
}

func newPortCmd(app *App, run runner[portOptions]) *cobra.Command {
	var o portOptions
	cmd := &cobra.Command{
		Use:   "port SERVICE [PORT[/PROTOCOL]]",
		Short: "Print the address of a service's port",
		Long: `port prints the address at which this machine reaches a port of a service:
that of the running container, else the one that the document fixes. PORT is the
port in the container; it may be left out when the service publishes one only.`,
		Example: `  devpm port web 80                        # localhost:28080
  curl http://$(devpm port web 80)/health`,
		Args: argsBetween(1, 2, "a service, and a port where it has several"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Service, o.Protocol = args[0], "tcp"
			if len(args) > 1 {
				number, protocol, given := strings.Cut(args[1], "/")
				if given {
					o.Protocol = protocol
				}
				var err error
				if o.Port, err = strconv.Atoi(number); err != nil || o.Port < 1 || o.Port > 65535 {
					return &usageError{cmd, fmt.Errorf("%q is not a port", args[1])}
				}
			}
			return run(cmd.Context(), app, o)
		},
	}
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
