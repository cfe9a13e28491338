package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/manifest"
)

// Main runs devpm with the arguments after the program's name and returns the
// exit status. It ends no process and touches nothing that host does not hold.
func Main(args []string, host Host) (status int) {
	app := newApp(host)
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(app.Streams.Err, "devpm: internal error: %v\n\n%s\nThis is a mistake in devpm. Please report it with the lines above.\n", r, debug.Stack())
			status = exitError
		}
	}()
	ctx, stop := host.Context()
	defer stop()
	defer app.closeExtensions()

	root := newRootCmd(app)
	if args == nil {
		args = []string{} // cobra would read the process's own arguments
	}
	root.SetArgs(args)
	app.args = args
	cmd, err := root.ExecuteContextC(ctx)
	app.report(ctx, cmd, err)
	return statusOf(ctx, err)
}

// The groups of the root command's help, in order.
const (
	groupWork    = "work"
	groupInside  = "inside"
	groupExplain = "explain"
	groupDevpm   = "devpm"
)

// newRootCmd joins the command tree: every command, its group, and the function
// that carries it out.
func newRootCmd(app *App) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "devpm COMMAND",
		Short: "Turn odpm.json into a running developer environment",
		Long: `devpm turns one manifest, odpm.json, into a running developer environment.

'devpm plan' says what would happen and why; 'devpm up' does it.`,
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		CompletionOptions:     cobra.CompletionOptions{DisableDefaultCmd: true},
	})
	root.SetIn(app.Streams.In)
	root.SetOut(app.Streams.Out)
	root.SetErr(app.Streams.Err)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { printHelp(app, cmd) })
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if errors.Is(err, errHelp) {
			return err
		}
		return &usageError{cmd, flagMessage(cmd, err)}
	})

	f := root.PersistentFlags()
	f.StringVarP(&app.Dir, "directory", "C", "", "look for the project in `DIR`, and not in the directories above it")
	f.BoolVarP(&app.quiet, "quiet", "q", false, "print results and errors only")
	f.CountVarP(&app.loud, "verbose", "v", "``print more about what happens; twice for everything")
	choiceVar(f, &app.LogFormat, "log-format", "how to print progress on stderr", string(LogText), string(LogJSON))
	choiceVar(f, &app.Color, "color", "when to colour the output", "auto", "always", "never")
	f.StringVar(&app.Scenario, "scenario", "", "use this `SCENARIO` of the manifest: developer, server or ci")
	f.Var(choice[string]{&app.SecurityProfile, manifest.SecurityProfiles()}, "security-profile", "use the profile `NAME` for published ports: convenience, or hardened (this host only)")
	complete(root, "log-format", string(LogText), string(LogJSON))
	complete(root, "color", "auto", "always", "never")
	complete(root, "scenario", "developer", "server", "ci")
	complete(root, "security-profile", manifest.SecurityProfiles()...)

	root.AddGroup(
		&cobra.Group{ID: groupWork, Title: "Every day:"},
		&cobra.Group{ID: groupInside, Title: "Inside the environment:"},
		&cobra.Group{ID: groupExplain, Title: "Understand and check:"},
		&cobra.Group{ID: groupDevpm, Title: "devpm itself:"},
	)
	add := func(id string, cmds ...*cobra.Command) {
		for _, c := range cmds {
			c.GroupID = id
			c.Annotations[annotationPlace] = fmt.Sprintf("%03d", len(root.Commands()))
			root.AddCommand(c)
		}
	}
	add(groupWork,
		newInitCmd(app, runInit), newPlanCmd(app, runPlan), newUpCmd(app, runUp),
		newStopCmd(app, runStop), newRestartCmd(app, runRestart), newDownCmd(app, runDown), newUndoCmd(app, runUndo),
		newDatabaseCmd(app, runDatabaseStatus),
		newLockCmd(app, runLockShow, runLockUpdate), newVendorCmd(app, runVendor), newEjectCmd(app, runEject),
		newExtCmd(
			newExtInitCmd(app, runExtInit), newExtValidateCmd(app, runExtValidate), newExtTestCmd(app, runExtTest), newExtBuildCmd(app, runExtBuild),
			newExtInspectCmd(app, runExtInspect), newExtInstallCmd(app, runExtInstall), newExtListCmd(app, runExtList), newExtRemoveCmd(app, runExtRemove),
			newExtEnableCmd(app, runExtEnable), newExtDisableCmd(app, runExtDisable), newExtDownloadCmd(app, runExtDownload),
			newExtKeygenCmd(app, runExtKeygen), newExtSignCmd(app, runExtSign), newExtVerifyCmd(app, runExtVerify),
			newExtTaskCmd(newExtTaskLaunchCmd(app, runExtTaskLaunch)), newExtDoctorCmd(app, runExtDoctor)))
	add(groupInside,
		newPsCmd(app, runPs), newPortCmd(app, runPort), newLogsCmd(app, runLogs), newExecCmd(app, runExec), newComposeCmd(app, runCompose))
	add(groupExplain, newTrustCmd(app, runTrust))
	add(groupExplain,
		newExplainCmd(app, runExplain), newRenderCmd(app, runRender), newManifestCmd(app, runValidate, runMigrate), newSchemaCmd(app, runSchemaManifest, runSchemaExtension), newDoctorCmd(app, runDoctor))
	add(groupDevpm,
		newVersionCmd(app, runVersion), newCompletionCmd(app, runCompletion))
	help := newHelpCmd(app)
	add(groupDevpm, help)
	root.SetHelpCommand(help)
	settleBefore(app, root)
	return root
}

// settleBefore wraps each command's run, so that the global flags count before
// it. (A persistent pre-run hook would be replaced by any child's own.)
func settleBefore(app *App, cmd *cobra.Command) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if f := cmd.Flags().Lookup("format"); f != nil {
				app.Format = f.Value.String()
				app.JSON = app.Format == "json"
			}
			if err := app.settle(); err != nil {
				return err
			}
			return run(cmd, args)
		}
	}
	for _, c := range cmd.Commands() {
		settleBefore(app, c)
	}
}

// runner is the part of a command that does the work; options is its flags and
// arguments.
type runner[options any] func(ctx context.Context, app *App, o options) error
