package conformance

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/internal/execx"
)

// Times are how long the program has. Zero means the default.
type Times struct {
	Answer   time.Duration // to answer a request; 10 s
	Shutdown time.Duration // to end; 2 s
}

// Options say how the program is run.
type Options struct {
	Times      Times
	Starter    execx.Starter // nil means this machine
	ProjectDir string        // absolute; the sample project, which holds SampleManifest as odpm.json
	CacheDir   string        // absolute; where a program that executes may keep files
	Version    string        // of devpm
	// Context is the project that the program is told of; nil means the sample.
	Context *protocol.Context
	// Self is devpm's own program, which is started as the helper of the sandbox;
	// "" leaves the check of the sandbox out.
	Self string
}

// Status is how a check ended.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Failed  Status = "FAIL"
	Skipped Status = "skipped"
)

// Result is one check.
type Result struct {
	Check   string // its name, stable
	Title   string // what is checked
	Status  Status
	Problem string // what is wrong, or why it was skipped
	Fix     string
}

// Report is what was found of a program.
type Report struct {
	Extension    protocol.Party
	Capabilities []protocol.Capability
	Results      []Result
}

// OK reports whether no check failed.
func (r Report) OK() bool {
	for _, x := range r.Results {
		if x.Status == Failed {
			return false
		}
	}
	return true
}

// check is one row of the suite.
type check struct {
	name, title string
	run         func(*suite) *problem
	// first needs nothing; the others are skipped when it failed.
	first bool
}

// checks lists all, in the order in which they run.
func checks() []check {
	return []check{
		{"initialize", "answers initialize", (*suite).initialize, true},
		{"capabilities", "names capabilities that devpm knows", (*suite).capabilities, false},
		{"describe", "describes registrations of those capabilities", (*suite).describe, false},
		{"stable", "describes the same each time, in each process and mode", (*suite).stable, false},
		{"evaluate", "evaluates its steps, the same each time", (*suite).evaluate, false},
		{"services", "returns services and patches in Compose's shape", (*suite).services, false},
		{"reserved", "leaves the names of the built-in stack alone", (*suite).reserved, false},
		{"stacks", "returns stacks in Compose's shape", (*suite).stacks, false},
		{"policies", "judges a document", (*suite).policies, false},
		{"unknown-method", "refuses unknown methods and goes on", (*suite).unknownMethod, false},
		{"unknown-name", "refuses unknown names and goes on", (*suite).unknownName, false},
		{"unknown-notification", "passes over unknown notifications", (*suite).unknownNotification, false},
		{"unknown-fields", "passes over unknown fields", (*suite).unknownFields, false},
		{"ids", "answers several requests at once, each with its id", (*suite).ids, false},
		{"cancel", "survives the cancellation of a request", (*suite).cancel, false},
		{"long-message", "reads messages of up to 8 MiB", (*suite).longMessage, false},
		{"stdout", "writes messages alone to standard output", (*suite).stdout, false},
		{"sandbox", "plans without writing, sockets and processes", (*suite).sandbox, false},
		{"shutdown", "ends after shutdown", (*suite).shutdown, false},
		{"end-of-input", "ends when standard input ends", (*suite).endOfInput, false},
		{"left-behind", "leaves no processes behind", (*suite).leftBehind, false},
	}
}

// Run tests a program.
func Run(ctx context.Context, p Program, o Options) Report {
	if o.Starter == nil {
		o.Starter = execx.System{}
	}
	if o.Times.Answer == 0 {
		o.Times.Answer = 10 * time.Second
	}
	if o.Times.Shutdown == 0 {
		o.Times.Shutdown = 2 * time.Second
	}
	s := &suite{context: ctx, program: p, options: o, host: host.New(host.Options{Starter: o.Starter, Limits: host.Limits{
		Start: o.Times.Answer, Describe: o.Times.Answer, Evaluate: o.Times.Answer, Shutdown: o.Times.Shutdown,
	}})}
	defer s.close()
	var report Report
	ready := true
	for _, c := range checks() {
		r := Result{Check: c.name, Title: c.title, Status: OK}
		var found *problem
		switch {
		case ctx.Err() != nil:
			found = skipped("interrupted")
		case !ready:
			found = skipped("it does not answer initialize")
		default:
			found = c.run(s)
		}
		if found != nil {
			r.Problem, r.Fix, r.Status = found.what, found.fix, Failed
			if found.skip {
				r.Status = Skipped
			}
		}
		if c.first && r.Status == Failed {
			ready = false
		}
		report.Results = append(report.Results, r)
	}
	report.Extension, report.Capabilities = s.initialized.Extension, s.initialized.Capabilities
	return report
}

// suite is one run over all checks.
type suite struct {
	context context.Context
	program Program
	options Options

	host        *host.Host
	main        *talk         // the conversation that checks of the wire share
	shared      *host.Session // the one that checks of shapes share
	initialized protocol.Initialized
	description protocol.Description
	stray       []string // what conversations that have ended wrote and should not have
}

// open starts a process and initializes it.
func (s *suite) open(program Program, mode protocol.Mode, extra raw) (*talk, protocol.Initialized, *problem) {
	var none protocol.Initialized
	peer, err := launch(s.options.Starter, program)
	if err != nil {
		return nil, none, wrong("check that the file is a program for this machine", "it cannot be started: %v", err)
	}
	t := &talk{peer: peer, times: s.options.Times, answers: map[string]protocol.Message{}}
	params := raw{
		"protocol_version": protocol.Version,
		"host":             protocol.Party{Name: "devpm", Version: s.options.Version},
		"mode":             mode,
		"capabilities":     protocol.Capabilities(),
		"context":          s.project(),
	}
	if mode == protocol.ModeExecute {
		params["cache_dir"] = s.options.CacheDir
	}
	maps.Copy(params, extra)
	answer, p := t.ask(protocol.MethodInitialize, params)
	var got protocol.Initialized
	if p == nil {
		p = read(answer, "initialize", &got)
	}
	if p != nil {
		s.finish(t)
		return nil, none, p
	}
	return t, got, nil
}

const sampleServices = `{"web":{"image":"nginx:1.27","ports":["8080:80"]}}`

// SampleManifest is the manifest of the sample project.
const SampleManifest = `{"manifest_schema":2,"requires_odpm":"4.5.0","stack":"none","services":` + sampleServices + `}`

// project is what the program is told of.
func (s *suite) project() protocol.Context {
	if s.options.Context != nil {
		return *s.options.Context
	}
	return protocol.Context{
		ProjectDir: s.options.ProjectDir, ProjectName: "sample", Scenario: "developer", Stack: "none", ManifestSchema: 2, RequiresOdpm: "4.5.0",
		Manifest: json.RawMessage(SampleManifest), Services: json.RawMessage(sampleServices),
		ServicePatches: json.RawMessage(`{}`), Hooks: json.RawMessage(`{}`), Locks: json.RawMessage(`{}`),
	}
}

// talk returns the conversation that checks share, a new one when the last was
// lost.
func (s *suite) talk() (*talk, *problem) {
	if s.main != nil && !s.main.over {
		return s.main, nil
	}
	if s.main != nil {
		s.finish(s.main)
		s.main = nil
	}
	t, _, p := s.open(s.program, protocol.ModePlan, nil)
	s.main = t
	return t, p
}

// finish ends a conversation however far it is, and keeps what was seen.
func (s *suite) finish(t *talk) {
	s.stray = append(s.stray, t.stray...)
	t.stray = nil
	t.peer.end(100 * time.Millisecond)
}

func (s *suite) close() {
	if s.main != nil {
		s.finish(s.main)
	}
	_ = s.host.Close() // how programs end is judged by other checks
}

// read takes the result out of an answer.
func read(m protocol.Message, method string, into any) *problem {
	if m.Error != nil {
		return wrong("see the message", "it answered %s with the error %d %q", method, m.Error.Code, cut(m.Error.Message))
	}
	if len(m.Result) == 0 {
		return wrong(`answer with {"jsonrpc": "2.0", "id": …, "result": …}`, "its answer to %s has neither result nor error", method)
	}
	if err := json.Unmarshal(m.Result, into); err != nil {
		return wrong("see docs/protocol for the shape", "its answer to %s has a wrong shape: %v", method, err)
	}
	return nil
}
