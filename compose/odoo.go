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
	PostgresVolume = "postgres-data"
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
	Name      string
	Extension string // that brings the stack; "" for devpm's own
	Services  *manifest.Node
	Volumes   *manifest.Node
	Networks  *manifest.Node
	Configs   *manifest.Node
	Reserved  []string
	Aliases   map[string]string
	reasons   reasons // of the values of Services and Volumes
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
	By          OdooCauses
}

// OdooCauses are the settings that the options come from. Those that are not
// known stay zero and are not told.
type OdooCauses struct {
	Scenario, Postgres, PlatformName     manifest.Choice
	PostgresPort, OdooPort               manifest.Choice
	GeventPort, DebuggerPort             manifest.Choice
	Image, Account, Context, DatabaseDir []manifest.Choice
	AccountRule, ImageRule               string
}

// OdooPorts are the ports on the host.
type OdooPorts struct{ Postgres, Odoo, Gevent, Debugger int }

// Odoo returns the stack "odoo": services db and odoo and the volume
// postgres-data, with the keys of spec §7.2. It differs from odpm where design
// decision 10 and design §7 say so: health checks on both services, and devpm's
// own entrypoint in place of odpm's Python package. A ci container gets no
// host volumes, so there the image brings the entrypoint.
func Odoo(o OdooOptions) *Builtin {
	if o.Scenario == "" {
		o.Scenario = scenarioDeveloper
	}
	r := reasons{}
	return &Builtin{
		Name:     manifest.StackOdoo,
		Services: object("db", odooDatabase(o, r), "odoo", odooServer(o, r)),
		Volumes: object(PostgresVolume, r.because(object(
			"driver", text("local"),
			"driver_opts", object("type", text("none"), "o", text("bind"), "device",
				r.because(text(o.DatabaseDir), "the database's files are in the project, where the version's image wants them", o.By.Postgres)),
		), "the volume of the database is a directory of the project")),
		Reserved: []string{OdooService, OdooDatabase, "postgres"},
		Aliases:  map[string]string{"postgres": OdooDatabase},
		reasons:  r,
	}
}

func odooDatabase(o OdooOptions, r reasons) *manifest.Node {
	version := o.Postgres
	if version == "" {
		version = "16"
	}
	port, published := fmt.Sprintf("%d:5432", o.Ports.Postgres), r.because(text(""), "PostgreSQL's port is published on the host", o.By.PostgresPort)
	if o.Scenario == scenarioCI {
		port = "127.0.0.1:" + port
		r.because(published, "PostgreSQL's port is published on this host only in ci", o.By.PostgresPort, o.By.Scenario)
	}
	published.Text = port
	return object(
		"image", r.because(text("postgres:"+version), "PostgreSQL's own image, in the manifest's version", o.By.Postgres),
		"user", r.because(text("root"), "the image starts as root and changes to its own user"),
		"tty", r.because(boolean(true), ruleTerminal),
		"restart", restart(o, r),
		"ports", list(published),
		"environment", r.because(texts("POSTGRES_PASSWORD=odoo", "POSTGRES_USER=postgres", "POSTGRES_DB=postgres"), "the administrator's account of the development database is fixed"),
		"volumes", list(r.because(text(PostgresVolume+":"+postgresMount(version)), "the data is where the version's image keeps it", o.By.Postgres)),
		// Over TCP: while the image initialises its data directory, a temporary
		// server answers on the socket only.
		"healthcheck", r.because(object(
			"test", texts("CMD", "pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres", "-d", "postgres"),
			"interval", text("3s"),
			"timeout", text("5s"),
			"retries", number(10),
			"start_period", text("2m"),
		), "the database is healthy when it answers over TCP"),
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

// Rules of the stack that more than one value goes by.
const (
	ruleTerminal  = "both services of the stack have a terminal"
	ruleGenerated = "the container reads what devpm generates below .odpm"
)

func odooServer(o OdooOptions, r reasons) *manifest.Node {
	environment := list(r.because(text("PYTHONUNBUFFERED=1"), "Python's output is to be seen at once"))
	add := func(item, rule string, by ...manifest.Choice) {
		environment.Items = append(environment.Items, r.because(text(item), rule, by...))
	}
	if o.Scenario == scenarioDeveloper {
		add("PYTHONWARNINGS=ignore::DeprecationWarning:docutils", "a developer is spared the warnings of docutils", o.By.Scenario)
	}
	port := func(host, container int, by ...manifest.Choice) *manifest.Node {
		return r.because(text(fmt.Sprintf("%d:%d", host, container)), "Odoo's ports are published on the host", by...)
	}
	ports := list(port(o.Ports.Odoo, 8069, o.By.OdooPort), port(o.Ports.Gevent, 8072, o.By.GeventPort))
	if o.Scenario == scenarioDeveloper {
		debugger := port(o.Ports.Debugger, 5678)
		ports.Items = append(ports.Items, r.because(debugger, "a developer's debugger reaches Odoo", o.By.DebuggerPort, o.By.Scenario))
	}
	var entrypoint, volumes *manifest.Node
	if o.Scenario != scenarioCI {
		add("ODPM_CONFIG_PATH="+runtimeConfig, ruleGenerated, o.By.Scenario)
		if o.Secrets != nil {
			add("ODPM_SECRETS_PATH="+o.Secrets.Target, o.Secrets.Why.Rule, o.Secrets.Why.Causes...)
		}
		entrypoint = r.because(texts("/bin/sh", runtimeEntrypoint), "the entrypoint that devpm generates prepares the container; a ci image brings its own", o.By.Scenario)
		volumes = mountList(odooMounts(o), r)
	}
	platform := o.PlatformName
	if platform == "" {
		platform = "odoo"
	}
	home := func(path, rule string, by ...manifest.Choice) *manifest.Node {
		return r.because(text(o.Home+path), rule, append(by, o.By.Account...)...)
	}
	command := list(
		home("/"+platform+"/"+platform+"-bin", "the platform's program, in the home directory", o.By.PlatformName),
		text("-c"), home("/odoo.conf", "the configuration that devpm generates, in the home directory"),
		text("--limit-time-real"), text("99999"),
	)
	for _, arg := range o.Args {
		n := &manifest.Node{Kind: manifest.String, Text: arg.Value, Range: arg.Range}
		rule, by := "an argument for odoo-bin on the command line", manifest.Choice{}
		if arg.Path != "" {
			rule, by = "an argument for odoo-bin from the personal settings", manifest.Choice{Value: arg.Raw, Use: manifest.Use{Name: arg.Path}, Range: arg.Range}
		}
		command.Items = append(command.Items, r.because(n, rule, by))
	}
	r.because(command, "Odoo runs with its configuration and without a limit on the time of a request")
	var build *manifest.Node
	if o.BuildContext != "" {
		build = r.because(object("context", text(o.BuildContext), "dockerfile", text("Dockerfile")),
			"the image is built from the Dockerfile that devpm generates; a ci image is built elsewhere", o.By.Context...)
	}
	return object(
		"image", r.because(text(o.Image), o.By.ImageRule, o.By.Image...),
		"build", build,
		"user", r.because(text(o.User), o.By.AccountRule, o.By.Account...),
		"tty", r.because(boolean(true), ruleTerminal),
		"restart", restart(o, r),
		"depends_on", r.because(texts(OdooDatabase), "Odoo starts after the database"),
		"working_dir", home("", "Odoo runs in its user's home directory"),
		"environment", environment,
		"entrypoint", entrypoint,
		"command", command,
		"ports", ports,
		"pull_policy", r.because(text("never"), "devpm builds this image; no registry has it"),
		"volumes", volumes,
		// The first start installs requirements, so failures count only after
		// ten minutes; the first success ends that period early.
		"healthcheck", r.because(object(
			"test", texts("CMD", "python3", "-c", odooProbe),
			"interval", text("3s"),
			"timeout", text("5s"),
			"retries", number(10),
			"start_period", text("10m"),
		), "Odoo is healthy when it answers an HTTP request; its first start may take ten minutes"),
	)
}

func restart(o OdooOptions, r reasons) *manifest.Node {
	if o.Scenario != scenarioServer {
		return nil
	}
	return r.because(text("unless-stopped"), "on a server the services start again by themselves", o.By.Scenario)
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

func list(items ...*manifest.Node) *manifest.Node {
	return &manifest.Node{Kind: manifest.Array, Items: items}
}

func texts(items ...string) *manifest.Node {
	n := list()
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
