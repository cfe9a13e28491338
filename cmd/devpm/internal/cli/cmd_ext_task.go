package cli

import (
	"time"

	"github.com/spf13/cobra"
)

// extTaskLaunchOptions are the flags and arguments of `devpm ext task launch`.
type extTaskLaunchOptions struct {
	What          string
	Command       string
	Fields        []string // k=v, k[]=v, k.part=v
	FieldsFile    string   // "-" is standard input
	Timeout       time.Duration
	CancelTimeout time.Duration
	Network       bool
	Trust         bool
	Format        string // text, json
}

func newExtTaskCmd(commands ...*cobra.Command) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "task COMMAND",
		Short: "Launch commands of extensions",
		Long: `task launches what an extension does on request: the commands that it registers,
and extension.py of Stonebranch's Universal Extensions.`,
		DisableFlagsInUseLine: true,
	})
	exitStatus(cmd, exitOK, exitUsage)
	cmd.AddCommand(commands...)
	return cmd
}

func newExtTaskLaunchCmd(app *App, run runner[extTaskLaunchOptions]) *cobra.Command {
	o := extTaskLaunchOptions{CancelTimeout: 10 * time.Second}
	cmd := &cobra.Command{
		Use:   "launch NAME[@VERSION]|FILE|DIR",
		Short: "Launch a command of an extension",
		Long: `launch runs a command of an extension and ends with its status. What the command
prints comes on stdout as it comes, its log on stderr. Of a Stonebranch package
it calls extension_start; the exit status is the rc of the result.

NAME is the package that the project requires and locks, where it does, else the
newest one of the store. A package that a project requires runs when you trust
that project. It may write in the project and in its own cache, which is
devpm/extensions/NAME below XDG_CACHE_HOME; other packages in their cache only.
The network is for packages that say so in extension.yml, and for what you allow
with --network: an archive without a devpm section cannot say so.

Fields are the command's input. A choice is a list, a credential an object. A
value that is JSON is taken as such, other text as a string:

  --field action=start --field 'choice[]=a' --field login.user=jane --field n=3

Never put a secret into --field: others on this machine can read command lines.
Write an object in JSON to standard input instead, with --fields -.

After --timeout, or on Ctrl-C, the command is told to stop (extension_cancel),
and ended when it has not within --cancel-timeout.`,
		Example: `  devpm ext task launch backup --field target=shop
  devpm ext task launch dist/backup-1.0.0.zip --timeout 5m
  pass show backup.json | devpm ext task launch backup --fields -
  devpm ext task launch tools --command devpm.command.tools.choice.target`,
		Args: argsBetween(1, 1, "one extension"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.What = args[0]
			return run(cmd.Context(), app, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Command, "command", "", "launch the command `NAME`, where there are several")
	f.StringArrayVar(&o.Fields, "field", nil, "give a field as `KEY=VALUE`, KEY[]=VALUE or KEY.PART=VALUE; may be repeated")
	f.StringVar(&o.FieldsFile, "fields", "", "read fields from `FILE`, an object in JSON; - is standard input")
	f.DurationVar(&o.Timeout, "timeout", 0, "stop the command after `DURATION` (default: none)")
	f.DurationVar(&o.CancelTimeout, "cancel-timeout", o.CancelTimeout, "end a command that has not stopped `DURATION` after it was told to")
	f.BoolVar(&o.Network, "network", false, "let the command use the network, whatever its package says")
	trustFlag(cmd, &o.Trust)
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitUntrusted, exitTimeout, exitUnstartable, exitNotFound, exitInterrupted, exitChild)
	return cmd
}
