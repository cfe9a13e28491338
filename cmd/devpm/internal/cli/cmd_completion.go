package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

// completionOptions are the arguments of `devpm completion`.
type completionOptions struct {
	Shell string
	root  *cobra.Command
}

func newCompletionCmd(app *App, run runner[completionOptions]) *cobra.Command {
	var o completionOptions
	cmd := &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the completion script for a shell",
		Long:  "completion prints the script that lets bash, zsh, fish or powershell complete devpm's commands and flags.",
		Example: `  source <(devpm completion bash)
  devpm completion zsh > "${fpath[1]}/_devpm"
  devpm completion fish > ~/.config/fish/completions/devpm.fish
  devpm completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args:      argsBetween(1, 1, "one shell: "+strings.Join(shells, ", ")),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(shells, args[0]) {
				return &usageError{cmd, fmt.Errorf("there is no completion for %q; the shells are %s", args[0], strings.Join(shells, ", "))}
			}
			o.Shell, o.root = args[0], cmd.Root()
			return run(cmd.Context(), app, o)
		},
	}
	exitStatus(cmd, exitOK, exitUsage)
	return cmd
}

func runCompletion(_ context.Context, app *App, o completionOptions) error {
	w := app.Streams.Out
	switch o.Shell {
	case "bash":
		return o.root.GenBashCompletionV2(w, true)
	case "zsh":
		return o.root.GenZshCompletion(w)
	case "fish":
		return o.root.GenFishCompletion(w, true)
	default:
		return o.root.GenPowerShellCompletionWithDesc(w)
	}
}
