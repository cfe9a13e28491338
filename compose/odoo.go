package compose

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/devpm/devpm/manifest"
)

// The services and the volume of the built-in stack.
const (
	OdooService    = "odoo"
	OdooDatabase   = "db"
	postgresVolume = "postgres-data"
)

// The scenarios (spec §14).
const (
	scenarioDeveloper = "developer"
	scenarioServer    = "server"
	scenarioCI        = "ci"
)

// Where the container finds what devpm generates under `.odpm`.
const (
	runtimeConfig     = "/run/odpm/config.json"
	runtimeDatabase   = "/run/odpm/database"
	runtimeEntrypoint = "/run/odpm/entrypoint.sh"
)

// legacyLauncher is how odpm's own package started Odoo inside the container.
// Patches that repeat it keep working: devpm's entrypoint takes its place.
var legacyLauncher = []string{"python3", "-m", "dev_project.inside_docker_app.run_odoo", "--"}

// Builtin is a stack that devpm or an extension brings along. Reserved lists
// the names that manifest and fragments must not declare; Aliases names the
// service that a reserved name stands for ("postgres" is `db`).
type Builtin struct {
	Name     string
	Services *manifest.Node
	Volumes  *manifest.Node
	Reserved []string
	Aliases  map[string]string
}

// OdooOptions is what the built-in stack depends on.
type OdooOptions struct {
	Scenario     string // developer, server, ci; "" is developer
	Postgres     string // major version: "16"
	Image        string // of the odoo service
	BuildContext string // absolute: where its Dockerfile is; "" when it is built elsewhere
	User, Home   string // user and home directory inside the container
	Ports        OdooPorts
	PlatformName string // "odoo"
	// ProjectDir, when set, mounts what devpm generates below it: the runtime
	// configuration, the database state and the entrypoint. A mount of the same
	// target in Mounts takes precedence.
	ProjectDir  string
	Secrets     *Mount          // of the secrets file; nil without one, and never in ci
	Mounts      []Mount         // mapped folders, in order
	DatabaseDir string          // absolute: device of the volume postgres-data
	Args        []manifest.Text // further odoo-bin arguments: -d, -i, -u …; their place counts
}

// OdooPorts are the ports on the host.
type OdooPorts struct{ Postgres, Odoo, Gevent, Debugger int }

// Mount maps a host directory or file into the odoo container.
type Mount struct {
	Source    string // absolute
	Target    string
	ReadOnly  bool
	NoRelabel bool // leave out SELinux's ":Z": the source is shared with others
}

// Odoo returns the stack "odoo": services db and odoo and the volume
// postgres-data, with the keys of spec §7.2. It differs from odpm where design
// decision 10 and design §7 say so: health checks on both services, and devpm's
// own entrypoint in place of odpm's Python package. A ci container gets no
// host volumes, so there the image brings the entrypoint.
func Odoo(o OdooOptions) *Builtin {
	if o.Scenario == "" {
		o.Scenario = scenarioDeveloper
	}
	return &Builtin{
		Name:     manifest.StackOdoo,
		Services: object("db", odooDatabase(o), "odoo", odooServer(o)),
		Volumes: object(postgresVolume, object(
			"driver", text("local"),
			"driver_opts", object("type", text("none"), "o", text("bind"), "device", text(o.DatabaseDir)),
		)),
		Reserved: []string{OdooService, OdooDatabase, "postgres"},
		Aliases:  map[string]string{"postgres": OdooDatabase},
	}
}

func odooDatabase(o OdooOptions) *manifest.Node {
	version := o.Postgres
	if version == "" {
		version = "16"
	}
	port := fmt.Sprintf("%d:5432", o.Ports.Postgres)
	if o.Scenario == scenarioCI {
		port = "127.0.0.1:" + port
	}
	return object(
		"image", text("postgres:"+version),
		"user", text("root"),
		"tty", boolean(true),
		"restart", onServer(o, text("unless-stopped")),
		"ports", texts(port),
		"environment", texts("POSTGRES_PASSWORD=odoo", "POSTGRES_USER=postgres", "POSTGRES_DB=postgres"),
		"volumes", texts(postgresVolume+":"+postgresMount(version)),
		// Over TCP: while the image initialises its data directory, a temporary
		// server answers on the socket only.
		"healthcheck", object(
			"test", texts("CMD", "pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres", "-d", "postgres"),
			"interval", text("3s"),
			"timeout", text("5s"),
			"retries", number(10),
			"start_period", text("2m"),
		),
	)
}

// postgresMount is where the image keeps its data: it moved in major 18.
func postgresMount(version string) string {
	digits := version
	if end := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		digits = version[:end]
	}
	if major, err := strconv.Atoi(digits); err == nil && major >= 18 {
		return "/var/lib/postgresql"
	}
	return "/var/lib/postgresql/data"
}

// odooProbe counts any answer below 500 as healthy: releases before 15 have no
// /web/health and say 404.
const odooProbe = "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 8069, timeout=4); " +
	"c.request('GET', '/web/health'); sys.exit(c.getresponse().status >= 500)"

func odooServer(o OdooOptions) *manifest.Node {
	environment := []string{"PYTHONUNBUFFERED=1"}
	if o.Scenario == scenarioDeveloper {
		environment = append(environment, "PYTHONWARNINGS=ignore::DeprecationWarning:docutils")
	}
	ports := []string{fmt.Sprintf("%d:8069", o.Ports.Odoo), fmt.Sprintf("%d:8072", o.Ports.Gevent)}
	if o.Scenario == scenarioDeveloper {
		ports = append(ports, fmt.Sprintf("%d:5678", o.Ports.Debugger))
	}
	var entrypoint, volumes *manifest.Node
	if o.Scenario != scenarioCI {
		environment = append(environment, "ODPM_CONFIG_PATH="+runtimeConfig)
		if o.Secrets != nil {
			environment = append(environment, "ODPM_SECRETS_PATH="+o.Secrets.Target)
		}
		entrypoint = texts("/bin/sh", runtimeEntrypoint)
		volumes = mountList(odooMounts(o))
	}
	platform := o.PlatformName
	if platform == "" {
		platform = "odoo"
	}
	command := texts(
		fmt.Sprintf("%s/%s/%s-bin", o.Home, platform, platform),
		"-c", o.Home+"/odoo.conf",
		"--limit-time-real", "99999",
	)
	for _, arg := range o.Args {
		command.Items = append(command.Items, &manifest.Node{Kind: manifest.String, Text: arg.Value, Range: arg.Range})
	}
	var build *manifest.Node
	if o.BuildContext != "" {
		build = object("context", text(o.BuildContext), "dockerfile", text("Dockerfile"))
	}
	return object(
		"image", text(o.Image),
		"build", build,
		"user", text(o.User),
		"tty", boolean(true),
		"restart", onServer(o, text("unless-stopped")),
		"depends_on", texts(OdooDatabase),
		"working_dir", text(o.Home),
		"environment", texts(environment...),
		"entrypoint", entrypoint,
		"command", command,
		"ports", texts(ports...),
		"pull_policy", text("never"), // devpm builds this image, no registry has it
		"volumes", volumes,
		// The first start installs requirements, so failures count only after
		// ten minutes; the first success ends that period early.
		"healthcheck", object(
			"test", texts("CMD", "python3", "-c", odooProbe),
			"interval", text("3s"),
			"timeout", text("5s"),
			"retries", number(10),
			"start_period", text("10m"),
		),
	)
}

func onServer(o OdooOptions, n *manifest.Node) *manifest.Node {
	if o.Scenario != scenarioServer {
		return nil
	}
	return n
}

// odooMounts puts what devpm generates in front of the mapped folders.
func odooMounts(o OdooOptions) []Mount {
	if o.ProjectDir == "" {
		return o.Mounts
	}
	generated := []Mount{
		{Source: o.ProjectDir + "/.odpm/runtime/config.json", Target: runtimeConfig, ReadOnly: true},
		{Source: o.ProjectDir + "/.odpm/database", Target: runtimeDatabase},
		{Source: o.ProjectDir + "/.odpm/runtime/entrypoint.sh", Target: runtimeEntrypoint, ReadOnly: true},
	}
	if o.Secrets != nil {
		generated = append(generated, *o.Secrets)
	}
	taken := map[string]bool{}
	for _, m := range o.Mounts {
		taken[m.Target] = true
	}
	var out []Mount
	for _, m := range generated {
		if !taken[m.Target] {
			out = append(out, m)
		}
	}
	return append(out, o.Mounts...)
}

// mountList writes mounts in the short form; nil when there are none.
func mountList(mounts []Mount) *manifest.Node {
	if len(mounts) == 0 {
		return nil
	}
	list := texts()
	for _, m := range mounts {
		list.Items = append(list.Items, mountNode(m))
	}
	return list
}

func mountNode(m Mount) *manifest.Node {
	// A colon ends the source in the short form; only a drive letter's is exempt.
	rest := m.Source
	if isDrive(rest) {
		rest = rest[2:]
	}
	if strings.Contains(rest, ":") || strings.Contains(m.Target, ":") {
		var readOnly, bind *manifest.Node
		if m.ReadOnly {
			readOnly = boolean(true)
		}
		if !m.NoRelabel {
			bind = object("selinux", text("Z"))
		}
		return object("type", text("bind"), "source", text(m.Source), "target", text(m.Target),
			"read_only", readOnly, "bind", bind)
	}
	short := m.Source + ":" + m.Target
	switch {
	case m.ReadOnly && m.NoRelabel:
		short += ":ro"
	case m.ReadOnly:
		short += ":ro,Z"
	case !m.NoRelabel:
		short += ":Z"
	}
	return text(short)
}

// isDrive reports whether a path starts with a Windows drive: "C:\" or "C:/".
func isDrive(path string) bool {
	return len(path) >= 3 && path[1] == ':' && (path[2] == '\\' || path[2] == '/') &&
		(path[0]|0x20) >= 'a' && (path[0]|0x20) <= 'z'
}

// object builds a node from keys and nodes in turn; a nil node leaves its key out.
func object(pairs ...any) *manifest.Node {
	n := &manifest.Node{Kind: manifest.Object}
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := pairs[i+1].(*manifest.Node); v != nil {
			n.Members = append(n.Members, manifest.Member{Key: pairs[i].(string), Value: v})
		}
	}
	return n
}

func texts(items ...string) *manifest.Node {
	n := &manifest.Node{Kind: manifest.Array}
	for _, s := range items {
		n.Items = append(n.Items, text(s))
	}
	return n
}

func text(s string) *manifest.Node { return &manifest.Node{Kind: manifest.String, Text: s} }

func number(n int) *manifest.Node {
	return &manifest.Node{Kind: manifest.Number, Text: strconv.Itoa(n)}
}

func boolean(b bool) *manifest.Node {
	return &manifest.Node{Kind: manifest.Bool, Text: strconv.FormatBool(b)}
}
