package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// errHelp is pflag's way to say that --help was given.
var errHelp = pflag.ErrHelp

// annotationExit holds a command's "Exit status" section.
const annotationExit = "exit"

// annotationPlace orders the commands in the root's help. (cobra's switch for
// that is a global of the whole process.)
const annotationPlace = "place"

// newHelpCmd is `devpm help [COMMAND…]`: unlike cobra's own it refuses topics
// that do not exist.
func newHelpCmd(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "help [COMMAND…]",
		Short:                 "Show how a command is used",
		Long:                  "help shows how a command is used, like --help after the command.",
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				if topic == nil {
					topic = cmd.Root()
				}
				return unknownCommand(topic, args[len(args)-max(len(rest), 1)])
			}
			printHelp(app, topic)
			return nil
		},
	}
	exitStatus(cmd, exitOK, exitUsage)
	return cmd
}

// printHelp prints a command's help on stdout.
func printHelp(app *App, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	style := app.Out().Style
	var b strings.Builder
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	fmt.Fprintf(&b, "%s\n\n%s\n  %s\n", strings.TrimSpace(text), style.Bold("Usage:"), cmd.UseLine())
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\n%s\n%s\n", style.Bold("Examples:"), strings.TrimRight(cmd.Example, "\n"))
	}
	writeCommands(&b, cmd, style.Bold)
	if f := cmd.LocalNonPersistentFlags(); f.HasAvailableFlags() && cmd.HasParent() {
		fmt.Fprintf(&b, "\n%s\n%s", style.Bold("Flags:"), usages(f))
	}
	if f := cmd.Root().PersistentFlags(); f.HasAvailableFlags() {
		fmt.Fprintf(&b, "\n%s\n%s", style.Bold("Global flags:"), usages(f))
	}
	if s := cmd.Annotations[annotationExit]; s != "" {
		fmt.Fprintf(&b, "\n%s\n%s", style.Bold("Exit status:"), s)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nRun '%s COMMAND --help' for more about a command.\n", cmd.CommandPath())
	}
	fmt.Fprint(app.Streams.Out, b.String())
}

func usages(f *pflag.FlagSet) string {
	return strings.TrimRight(f.FlagUsages(), "\n ") + "\n"
}

// writeCommands lists subcommands in the order they were added: root commands
// by group, others together.
func writeCommands(b *strings.Builder, cmd *cobra.Command, title func(string) string) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	width := 0
	commands := slices.SortedStableFunc(slices.Values(cmd.Commands()), func(x, y *cobra.Command) int {
		return strings.Compare(x.Annotations[annotationPlace], y.Annotations[annotationPlace])
	})
	for _, c := range commands {
		width = max(width, len(c.Name()))
	}
	list := func(heading, id string) {
		fmt.Fprintf(b, "\n%s\n", title(heading))
		for _, c := range commands {
			if c.GroupID == id && (c.IsAvailableCommand() || c.Name() == "help") {
				fmt.Fprintf(b, "  %-*s  %s\n", width, c.Name(), c.Short)
			}
		}
	}
	if len(cmd.Groups()) == 0 {
		list("Commands:", "")
	}
	for _, g := range cmd.Groups() {
		list(g.Title, g.ID)
	}
}

// flagMessage puts what is wrong with a flag into our words, with the flag that
// may have been meant.
func flagMessage(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		bare    *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		name, group := unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()
		if group != "" {
			return fmt.Errorf("unknown flag -%c", []rune(name)[0])
		}
		if near := nearest(name, flagNames(cmd)); near != "" {
			return fmt.Errorf("unknown flag --%s; did you mean --%s?", name, near)
		}
		return fmt.Errorf("unknown flag --%s", name)
	case errors.As(err, &bare):
		flag, what := bare.GetFlag(), "a value"
		if placeholder, _ := pflag.UnquoteUsage(flag); placeholder != "" {
			what += ", " + placeholder
		}
		if bare.GetSpecifiedShortnames() != "" {
			return fmt.Errorf("-%s needs %s", flag.Shorthand, what)
		}
		return fmt.Errorf("--%s needs %s", flag.Name, what)
	case errors.As(err, &invalid):
		flag, why := invalid.GetFlag(), errors.Unwrap(invalid).Error()
		switch flag.Value.Type() {
		case "duration":
			why = "give a number with its unit, such as 90s or 5m"
		case "bool":
			why = "use true or false"
		case "count":
			why = "give a number"
		}
		return fmt.Errorf("--%s does not take %q: %s", flag.Name, invalid.GetValue(), why)
	}
	return err
}

// flagNames are those that a command takes.
func flagNames(cmd *cobra.Command) []string {
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	return known
}
