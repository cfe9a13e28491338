package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// choice is a flag with a fixed set of values.
type choice[T ~string] struct {
	value *T
	known []string
}

func (c choice[T]) String() string {
	if c.value == nil {
		return ""
	}
	return string(*c.value)
}

func (c choice[T]) Set(text string) error {
	if !slices.Contains(c.known, text) {
		return fmt.Errorf("use one of %s", strings.Join(c.known, ", "))
	}
	*c.value = T(text)
	return nil
}

func (c choice[T]) Type() string { return strings.Join(c.known, "|") }

// choiceVar adds a flag whose first known value is its default.
func choiceVar[T ~string](f *pflag.FlagSet, target *T, name, usage string, known ...string) {
	*target = T(known[0])
	f.Var(choice[T]{target, known}, name, usage)
}

// formatVar adds --format. App.Format and App.JSON follow it.
func formatVar(cmd *cobra.Command, target *string, known ...string) {
	choiceVar(cmd.Flags(), target, "format", "how to print the result", known...)
	complete(cmd, "format", known...)
}

// portsVar adds --ports, which has no default.
func portsVar(app *App, cmd *cobra.Command) {
	known := []string{portsAuto, portsFixed}
	cmd.Flags().Var(choice[string]{&app.Ports, known}, "ports", "how to have host ports: leased to this work tree, or as written")
	complete(cmd, "ports", known...)
}

// complete offers fixed values for a flag in shell completion.
func complete(cmd *cobra.Command, flag string, values ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag does not exist: a mistake in this package
	}
}

// nameOf is a command as users know it, without devpm's own name, which begins
// the line.
func nameOf(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{cmd, fmt.Errorf("%s takes no arguments, and got %q", nameOf(cmd), args[0])}
	}
	return nil
}

// argsBetween wants at least lowest arguments and at most highest (-1: any
// number). what names them in the message.
func argsBetween(lowest, highest int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < lowest:
			return &usageError{cmd, fmt.Errorf("%s needs %s", nameOf(cmd), what)}
		case highest >= 0 && len(args) > highest:
			return &usageError{cmd, fmt.Errorf("%s takes %s, and got %q too", nameOf(cmd), what, args[highest])}
		}
		return nil
	}
}

// group is the Args and RunE of a command that only holds others: an unknown
// subcommand is a usage error (cobra would print help and exit 0).
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
	return cmd
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var known []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			known = append(known, c.Name())
		}
	}
	if near := nearest(name, known); near != "" {
		return &usageError{cmd, fmt.Errorf("unknown command %q; did you mean %q?", name, near)}
	}
	if below := commandsBelow(cmd, name); len(below) > 0 {
		return &usageError{cmd, fmt.Errorf("unknown command %q; did you mean %s?", name, strings.Join(below, " or "))}
	}
	return &usageError{cmd, fmt.Errorf("unknown command %q", name)}
}

// commandsBelow are the commands of groups that have this name, as they are
// typed: `manifest validate` for validate.
func commandsBelow(cmd *cobra.Command, name string) (found []string) {
	for _, group := range cmd.Commands() {
		for _, c := range group.Commands() {
			if c.Name() == name {
				found = append(found, fmt.Sprintf("%q", nameOf(c)))
			}
		}
	}
	return found
}

// exclusive makes two flags of a command refuse each other. It wraps the run,
// so it is called when that is set.
func exclusive(cmd *cobra.Command, one, other string) {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed(one) && cmd.Flags().Changed(other) {
			return &usageError{cmd, fmt.Errorf("--%s and --%s cannot be used together", one, other)}
		}
		return run(cmd, args)
	}
}

// nearest is the known word that a user may have meant, or "". Words that begin
// alike may differ in two places, others in one.
func nearest(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if word == "" || k == "" {
			continue
		}
		limit := 1
		if word[0] == k[0] {
			limit = 2
		}
		d := levenshtein.ComputeDistance(word, k)
		if len(word) > 1 && strings.HasPrefix(k, word) {
			d = min(d, 1)
		}
		if d <= limit && d < least {
			best, least = k, d
		}
	}
	return best
}
