package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/extensions/sandbox"
)

// cancelTimeout is how long a command that was interrupted has to end by itself
// (extension_cancel); then it is ended.
const cancelTimeout = 10 * time.Second

// extTaskOptions are the flags and arguments of `devpm ext task launch`.
type extTaskOptions struct {
	Name       string
	Command    string // "" is the package's own
	Fields     []string
	FieldsFile string
	Timeout    time.Duration
	Format     string // text, json
}

func newExtTaskCmd(app *App, launch runner[extTaskOptions]) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:                   "task COMMAND",
		Short:                 "Run the commands of extensions",
		Long:                  "task runs commands that installed extensions bring, such as Stonebranch's.",
		DisableFlagsInUseLine: true,
	})
	exitStatus(cmd, exitOK, exitUsage)
	var o extTaskOptions
	start := &cobra.Command{
		Use:   "launch NAME[@VERSION]",
		Short: "Run the command of an extension",
		Long: `launch starts an installed extension and runs its command, with fields as input.
What the command prints is printed, and its exit code is devpm's. For a package
of Stonebranch that is extension_start; Ctrl-C and --timeout call
extension_cancel, and after 10 seconds the program is ended.

The program may write in the working directory and in a cache of its own, and
nowhere else.`,
		Example: `  devpm ext task launch backup --field target=/tmp/x --field level=3
  devpm ext task launch backup --fields input.json --timeout 5m`,
		Args: argsBetween(1, 1, "one name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = args[0]
			return launch(cmd.Context(), app, o)
		},
	}
	f := start.Flags()
	f.StringArrayVar(&o.Fields, "field", nil, "a field of the input as `NAME=VALUE`; JSON is taken as such (repeatable)")
	f.StringVar(&o.FieldsFile, "fields", "", "read the fields from a JSON object in `FILE`")
	f.StringVar(&o.Command, "command", "", "run this `NAME` of the extension's commands (default: the extension's own)")
	f.DurationVar(&o.Timeout, "timeout", 0, "cancel the command after this `TIME`, such as 5m")
	formatVar(start, &o.Format, "text", "json")
	exitStatus(start, exitOK, exitError, exitUsage, exitTimeout, exitUnstartable, exitNotFound, exitInterrupted, exitChild)
	cmd.AddCommand(start)
	return cmd
}

func runExtTaskLaunch(ctx context.Context, app *App, o extTaskOptions) error {
	fields, err := o.fields(app)
	if err != nil {
		return err
	}
	i, err := findInstalled(app, o.Name)
	if err != nil {
		return err
	}
	if err := requireSignature(app, i); err != nil {
		return err
	}
	if i.Metadata.Runtime == pack.Declarative {
		return fault(diag.TaskNone, "", fmt.Sprintf("the extension %s has no command: it is data", i.Name), "`devpm ext inspect "+i.Name+"` shows what it adds")
	}
	s, err := extensionStore(app)
	if err != nil {
		return err
	}
	d, err := s.Deploy(ctx, i)
	if err != nil {
		return packageFault(s.Dir, err)
	}
	program, bad := app.packageProgram(ctx, d, app.Dir)
	if bad != nil {
		return diag.List{*bad}.Err()
	}
	t := &task{app: app, installed: i, quiet: o.Format == "json"}
	result, err := t.run(ctx, program, o, fields)
	if err != nil {
		return err
	}
	return t.finish(result)
}

func (o extTaskOptions) fields(app *App) (map[string]json.RawMessage, error) {
	var file []byte
	if o.FieldsFile != "" {
		text, err := readLimited(argumentPath(app, o.FieldsFile), pack.MaxMetadata)
		if err != nil {
			return nil, packageFault(o.FieldsFile, err)
		}
		file = text
	}
	fields, err := fieldValues(file, o.Fields)
	if err != nil {
		return nil, &usageError{err: err}
	}
	return fields, nil
}

// requireSignature refuses a package that is not signed by a key that counts now,
// where the user wants that.
func requireSignature(app *App, i *pack.Installed) error {
	settings, err := readExtensionSettings(app)
	if err != nil || !settings.SignaturesRequired {
		return err
	}
	if _, bad := i.Verify(settings.Keys); bad != nil {
		return diag.List{*bad}.Err()
	}
	return nil
}

// task is one run of a command.
type task struct {
	app       *App
	installed *pack.Installed
	quiet     bool // its output goes into the document
	output    string
}

// run starts the program, asks for the command and ends the program.
func (t *task) run(ctx context.Context, program host.Program, o extTaskOptions, fields map[string]json.RawMessage) (result protocol.CommandResult, err error) {
	app, m := t.app, t.installed.Metadata
	h := host.New(host.Options{
		Limits: host.Limits{Cancel: cancelTimeout}, Log: app.extensionSaid, Output: t.printed,
	})
	defer func() { err = errors.Join(err, h.Close()) }()
	profile := sandbox.Profile{Network: taskNetwork(m), Spawn: true, Write: []string{app.Dir, followLinks(app.Dir)}}
	if m.Runtime == pack.Python {
		profile.AddressSpace = python.AddressSpace
	}
	cache := extensionCache(app, homeDir(app), m.Name)
	if cache != "" {
		if err := makeCache(cache); err != nil {
			return result, err
		}
		profile.Write = append(profile.Write, cache)
	}
	if app.Self != "" {
		program.Argv = sandbox.Command(app.Self, profile, program.Argv)
	}
	empty := json.RawMessage("{}")
	session, err := h.Start(ctx, program, protocol.Initialize{
		ProtocolVersion: protocol.Version, Host: protocol.Party{Name: "devpm", Version: versionOf(app)}, Mode: protocol.ModeExecute,
		Capabilities: protocol.Capabilities(), CacheDir: cache,
		Context: protocol.Context{ProjectDir: app.Dir, Scenario: "developer", Stack: "none", Manifest: empty, Services: empty, ServicePatches: empty, Hooks: empty, Locks: empty},
	})
	if err != nil {
		return result, err
	}
	name, err := t.command(ctx, session, o.Command)
	if err != nil {
		return result, err
	}
	if o.Timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, o.Timeout)
		defer stop()
	}
	result, err = session.Command(ctx, protocol.CommandParams{Name: name, Fields: fields})
	if errors.Is(err, context.DeadlineExceeded) {
		return result, withStatus(exitTimeout, fault(diag.TaskTimeout, "", fmt.Sprintf("the command of %s took longer than %s and was cancelled", m.Name, o.Timeout), "give it more time with --timeout"))
	}
	return result, err
}

// command finds the registration that is asked for.
func (t *task) command(ctx context.Context, session *host.Session, wanted string) (string, error) {
	description, err := session.Describe(ctx)
	if err != nil {
		return "", err
	}
	own := "devpm.command." + t.installed.Name
	var known []string
	for _, r := range description.Registrations {
		if r.Kind != protocol.KindCommand {
			continue
		}
		if r.Name == wanted || r.Name == own && wanted == "" || wanted != "" && r.Name == own+"."+wanted {
			return r.Name, nil
		}
		known = append(known, r.Name)
	}
	if wanted == "" && len(known) == 1 {
		return known[0], nil
	}
	fix := "`devpm ext inspect " + t.installed.Name + "` shows what it can do"
	if len(known) > 0 {
		fix = "name one of its commands with --command: " + strings.Join(known, ", ")
	}
	return "", fault(diag.TaskNone, "", fmt.Sprintf("the extension %s has no such command", t.installed.Name), fix)
}

func (t *task) printed(_, text string) {
	if t.quiet {
		t.output += text
		return
	}
	fmt.Fprint(t.app.Streams.Out, text)
}

// finish shows how the command ended; its rc is devpm's exit code.
func (t *task) finish(r protocol.CommandResult) error {
	out := view.Task{Extension: t.installed.Name, Status: "Success", ExitCode: r.ExitCode, Message: r.Message, Output: r.Output, Printed: t.output}
	if r.ExitCode != 0 {
		out.Status = "Failed"
	}
	if t.quiet {
		if err := t.app.Out().TaskJSON(out); err != nil {
			return err
		}
	} else if t.app.Verbosity >= 0 || r.ExitCode != 0 {
		t.app.Err().Task(out)
	}
	switch {
	case r.ExitCode == 0:
		return nil
	case r.ExitCode < 0 || r.ExitCode > 255:
		return withStatus(exitError, nil)
	default:
		return withStatus(r.ExitCode, nil)
	}
}
