package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

var (
	pythonVersion   = regexp.MustCompile(`^3\.\d+(\.\d+)?$`)
	postgresVersion = regexp.MustCompile(`^\d+(\.\d+)*(-[A-Za-z0-9.-]+)?$`)

	distroVersions = []string{"11", "12", "13"}
	architectures  = []string{"amd64", "arm64"}
	scenarioNames  = []string{"ci", "developer", "server"}
)

// settings fills the plain values with the defaults of spec §2.3. They are
// never expanded (spec §3.3).
func (l *loader) settings() {
	m := l.m
	m.Python = l.text("python", "")
	m.Postgres = l.text("postgres", "")
	m.Distro = Distro{Name: stringAt(l.object("distro"), "name"), Version: stringAt(l.object("distro"), "version")}
	m.PlatformName = l.text("platform_name", "odoo")
	m.PortsAuto = l.text("ports", "") == "auto"
	m.Arch = l.text("arch", "auto")
	if m.Arch == "auto" {
		m.Arch = l.o.HostArch
	}
	for _, item := range l.texts("requirements") {
		text := strings.TrimSpace(item.node.Text)
		m.Requirements = append(m.Requirements, Text{Value: text, Raw: item.node.Text, Range: item.node.Range, Path: item.path})
	}
	if l.stack != StackOdoo {
		return
	}
	l.unusual("python", pythonVersion.MatchString(m.Python), "a Python version", `write it as "3.12"`)
	l.unusual("postgres", postgresVersion.MatchString(m.Postgres), "a PostgreSQL version", `write it as "16"`)
	l.unusual("arch", m.Arch == "" || slices.Contains(architectures, m.Arch), "an architecture that images are made for", `write "amd64", "arm64" or "auto"`)
	l.distro()
}

// unusual warns about a value that odpm would take and that will most likely
// fail in the image build.
func (l *loader) unusual(key string, good bool, what, fix string) {
	if n := l.root.Get(key); n != nil && n.Kind == String && n.Text != "" && !good {
		l.report(diag.ManifestUnusualVersion, diag.Warning, n.Range, key, fmt.Sprintf("%q does not look like %s", n.Text, what), fix)
	}
}

// distro refuses distributions that no image is built on (spec §2.3).
func (l *loader) distro() {
	distro := l.object("distro")
	if name := distro.Get("name"); name != nil && name.Kind == String && name.Text != "" && name.Text != "debian" {
		l.report(diag.ManifestDistro, diag.Error, name.Range, "distro.name", fmt.Sprintf("the distribution %q is not supported", name.Text), `write "debian"`)
		return
	}
	if version := distro.Get("version"); version != nil && version.Kind == String && version.Text != "" && !slices.Contains(distroVersions, version.Text) {
		l.report(diag.ManifestDistro, diag.Error, version.Range, "distro.version", fmt.Sprintf("Debian %q is not supported", version.Text),
			`write "11" (bullseye), "12" (bookworm) or "13" (trixie)`)
	}
}

// scenario chooses the scenario: the command line, the dotenv files, developer
// (spec §14; the process environment has no say).
func (l *loader) scenario() {
	by := Choice{Value: l.o.Scenario, Use: Use{Name: "--scenario"}}
	if by.Value == "" {
		by = l.o.Environment.FileChoice("ODPM_SCENARIO")
	}
	if by.Value == "" {
		by = Choice{Value: "developer", Use: Use{Name: "ODPM_SCENARIO", Origin: FromDefault}}
	}
	if !slices.Contains(scenarioNames, by.Value) {
		l.report(diag.ManifestScenario, diag.Warning, by.Range, by.Use.Name, fmt.Sprintf("the scenario %q is not known; developer is used", by.Value),
			didYouMean(by.Value, scenarioNames, "scenarios"))
		by.Value = "developer"
	}
	l.m.Scenario, l.m.ScenarioBy = by.Value, by
	l.parts = l.slice(by.Value)
}
