package cli

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	_ "github.com/devpm/devpm/cmd/devpm/internal/heap"
	"github.com/devpm/devpm/cmd/devpm/internal/reexec"
	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/internal/termx"
)

// Host is everything that a run takes from the process around it. A test hands
// in its own, so Main never touches a global.
type Host struct {
	Streams termx.Streams
	Environ []string // "K=V", as os.Environ gives it
	Getwd   func() (string, error)
	Now     func() time.Time
	Version string // set by the linker; "" otherwise
	// Self is devpm's own program, or any that imports package reexec: the one
	// that extensions are started through. "" starts them without a sandbox.
	Self string
	// Context starts the run's context, which ends when the user interrupts it.
	Context func() (context.Context, context.CancelFunc)
}

// System is the real process. The first interrupt, or the end of its terminal,
// ends the context; a second one ends the process.
func System(version string) Host {
	return Host{
		Streams: termx.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr},
		Environ: os.Environ(),
		Getwd:   os.Getwd,
		Now:     time.Now,
		Version: version,
		Self:    reexec.Self(),
		Context: func() (context.Context, context.CancelFunc) {
			ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
			if !signal.Ignored(syscall.SIGHUP) { // as under nohup
				ends = append(ends, syscall.SIGHUP) // the terminal was closed
			}
			ctx, stop := signal.NotifyContext(context.Background(), ends...)
			context.AfterFunc(ctx, stop)
			return ctx, stop
		},
	}
}

// LogFormat is the value of --log-format.
type LogFormat string

// The log formats.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// App is one run: its host and the global flags. Commands get it and their own
// options, and nothing else. It is complete when a command's run starts.
type App struct {
	Host

	args     []string // as they were given
	Dir      string   // absolute: where the project is looked for
	DirGiven bool     // -C was given: parents are not searched
	// Verbosity is -1 with -q, 0 normally, and one more for each -v.
	Verbosity       int
	LogFormat       LogFormat
	Color           termx.ColorMode
	Ports           string   // --ports: auto, fixed; "" leaves the choice to others
	Scenario        string   // --scenario; "" leaves the choice to the environment
	BuildDate       string   // --odoo-build-date; "" leaves it to the manifest
	ImageTag        string   // --image-tag; "" is odpm's name for the ci image
	Offline         bool     // --offline
	VendorDir       string   // --vendor; "" is the project's own
	SecurityProfile string   // --security-profile; "" leaves the choice to the environment
	AcceptDrift     []string // --accept-database-drift
	// Format is the command's --format, "" without one. Errors follow it where it
	// is json, sarif, github or markdown: they then go to stdout. JSON says that it is json.
	Format  string
	JSON    bool
	Sources *view.Sources // texts for snippets, by the name that diagnostics show

	Secrets secretOptions // what the command does with secrets

	looks     bool // the command only looks at the project: trust is not remembered
	TrustOnce bool // --trust of such a command

	prompt   *asker
	masking  masking
	programs extensionPrograms
	deploys  bool // the command may make copies of packages in the user's store
	// unasked reports whether the extensions of a project are not started; nil for
	// commands that ask them.
	unasked func(*project) bool
	// relocks are the extensions that the command locks anew; nil for none.
	relocks func(extension string) bool
	raw     termx.Streams // not masked: for programs that get devpm's own streams
	env     map[string]string
	base    string // what names of files in diagnostics are relative to; "" before a project is found
	quiet   bool
	loud    int
}

func newApp(h Host) *App {
	a := &App{Host: h, LogFormat: LogText, Color: termx.ColorAuto, Sources: view.NewSources(), env: map[string]string{}}
	a.mask()
	for _, kv := range h.Environ {
		if k, v, ok := strings.Cut(kv, "="); ok {
			a.env[k] = v
		}
	}
	return a
}

// Lookup reads the process environment.
func (a *App) Lookup(name string) (string, bool) {
	v, ok := a.env[name]
	return v, ok
}

// path is the file that an argument or a flag names, from the directory of -C.
func (a *App) path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(a.Dir, name)
}

// Out prints results on stdout.
func (a *App) Out() view.Printer {
	width := 0
	if termx.IsTerminal(a.Streams.Out) {
		width = termx.Width(a.Streams.Out)
	}
	return view.Printer{
		W: a.Streams.Out, Style: termx.StyleFor(a.Streams.Out, a.Color, a.Lookup), Sources: a.Sources, Files: a.repositoryFile,
		Width: width, Mask: a.masking.text,
	}
}

// repositoryFile is the name that annotations need for a file of the project:
// its path from the top of the checkout in GitHub Actions, from the working
// directory elsewhere.
func (a *App) repositoryFile(name string) string {
	top, _ := a.Lookup("GITHUB_WORKSPACE")
	if top == "" {
		top, _ = a.Getwd()
	}
	if top == "" || a.base == "" || filepath.IsAbs(name) {
		return name
	}
	rel, err := filepath.Rel(top, filepath.Join(a.base, filepath.FromSlash(name)))
	if err != nil || !filepath.IsLocal(rel) {
		return name
	}
	return filepath.ToSlash(rel)
}

// Err prints findings on stderr.
func (a *App) Err() view.Printer {
	return view.Printer{W: a.Streams.Err, Style: termx.StyleFor(a.Streams.Err, a.Color, a.Lookup), Sources: a.Sources}
}

// Progress starts the run's progress output on stderr: JSON lines with
// --log-format json, nothing but failures with -q, an area that is redrawn on a
// terminal, plain lines elsewhere. The caller closes it.
func (a *App) Progress() *termx.Progress {
	mode := termx.ProgressPlain
	switch {
	case a.LogFormat == LogJSON:
		mode = termx.ProgressJSON
	case termx.IsTerminal(a.Streams.Err) && a.env["TERM"] != "dumb":
		mode = termx.ProgressArea
	}
	return termx.NewProgress(termx.ProgressOptions{
		Out: a.Streams.Err, Mode: mode, Quiet: a.Verbosity < 0, Now: a.Now,
		Style: termx.StyleFor(a.Streams.Err, a.Color, a.Lookup),
		Width: func() int { return termx.Width(a.Streams.Err) },
		Mask:  a.masking.text,
	})
}

// settle turns the global flags into fields once they are parsed.
func (a *App) settle() error {
	switch {
	case a.quiet && a.loud > 0:
		return usagef("-q and -v cannot be used together")
	case a.quiet:
		a.Verbosity = -1
	default:
		a.Verbosity = a.loud
	}
	wd, err := a.Getwd()
	if err != nil && !filepath.IsAbs(a.Dir) {
		return faultWorkingDir(err)
	}
	a.DirGiven = a.Dir != ""
	if !filepath.IsAbs(a.Dir) {
		a.Dir = filepath.Join(wd, a.Dir)
	}
	a.Dir = filepath.Clean(a.Dir)
	if !a.DirGiven {
		return nil
	}
	switch info, err := os.Stat(a.Dir); {
	case err != nil:
		return faultDirectory(a.Dir, "there is no such directory", err)
	case !info.IsDir():
		return faultDirectory(a.Dir, "this is not a directory", nil)
	}
	return nil
}
