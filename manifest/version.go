package manifest

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"

	version "github.com/aquasecurity/go-pep440-version"

	"github.com/devpm/devpm/diag"
)

// ContractLevel is the odpm level that `requires_odpm` is judged by; devpm's
// own version is another matter (design §2, decision 2).
const ContractLevel = "4.8.0"

// maxSchema is the newest manifest_schema.
const maxSchema = 2

// Contract is what a manifest says about its own form.
type Contract struct {
	Schema   int    // 1 or 2
	Line     string // schema 1: "3.0" or "4.0"
	Requires string // schema 2: requires_odpm as written
}

// CheckVersion decides in which form a manifest is written and whether a
// manager of the given level may read it (spec §1.2). ok is false when the
// form is not known, so that nothing else can be said about the file; a level
// that is too low is a fault like others.
func CheckVersion(d *Document, level string, c *diag.Collector) (contract Contract, ok bool) {
	v := newVersionCheck(d, level, c)
	schema := d.Root.Get("manifest_schema")
	if schema == nil {
		return v.flat()
	}
	number, integer := wholeNumber(schema)
	switch {
	case !integer:
		v.report(diag.ManifestSchemaNumber, "manifest_schema", fmt.Sprintf("the schema number is %s, not a whole number", shown(schema)), `write "manifest_schema": 2`)
		return v.nested()
	case number == 1:
		return v.flat()
	case number != maxSchema:
		v.report(diag.ManifestSchemaUnsupported, "manifest_schema", fmt.Sprintf("schema %s is not supported; the newest is %d", shown(schema), maxSchema),
			fmt.Sprintf("write \"manifest_schema\": %d, or use a devpm that knows this schema", maxSchema))
		return Contract{}, false
	}
	return v.nested()
}

type versionCheck struct {
	d     *Document
	level string
	c     *diag.Collector
}

func newVersionCheck(d *Document, level string, c *diag.Collector) versionCheck {
	return versionCheck{d: d, level: cmp.Or(level, ContractLevel), c: c}
}

func (v versionCheck) report(code diag.Code, key, message, fix string) {
	v.c.Add(diag.Diagnostic{Code: code, Range: v.d.Range("/" + key), Path: key, Message: message, Fix: fix})
}

// flat judges schema 1 by its contract line.
func (v versionCheck) flat() (Contract, bool) {
	line := "3.0"
	if n := v.d.Root.Get("odpm_version"); n != nil {
		line = strings.TrimSpace(n.Text)
	}
	if line != "3.0" && line != "4.0" {
		v.report(diag.ManifestContractLine, "odpm_version", fmt.Sprintf("the contract %q is not supported", line),
			`write "3.0" or "4.0"; the lowest manager version belongs in requires_odpm of a schema 2 file`)
		return Contract{}, false
	}
	return Contract{Schema: 1, Line: line}, true
}

// nested judges schema 2 by requires_odpm.
func (v versionCheck) nested() (Contract, bool) {
	out := Contract{Schema: 2}
	n := v.d.Root.Get("requires_odpm")
	if n == nil || n.Kind == String && strings.TrimSpace(n.Text) == "" {
		v.report(diag.ManifestRequiresMissing, "requires_odpm", "the lowest contract level is required in schema 2",
			fmt.Sprintf("add \"requires_odpm\": %q", v.level))
		return out, true
	}
	if n.Kind != String {
		return out, true // a fault of structure
	}
	out.Requires = n.Text
	required, err := version.Parse(n.Text)
	if err != nil {
		v.report(diag.ManifestRequiresInvalid, "requires_odpm", fmt.Sprintf("%q is not a version", n.Text),
			"write one version such as 4.6.0: no range, no comparison sign")
		return out, true
	}
	present, err := version.Parse(v.level)
	if err != nil {
		v.report(diag.ManifestRequiresInvalid, "requires_odpm", fmt.Sprintf("the contract level %q to compare with is not a version", v.level), "give a level such as "+ContractLevel)
		return out, true
	}
	if present.LessThan(required) {
		v.report(diag.ManifestRequiresNewer, "requires_odpm", fmt.Sprintf("the manifest needs contract level %s; this is %s", strings.TrimSpace(n.Text), v.level),
			"update devpm, or lower requires_odpm if the project does not need the newer level")
	}
	return out, true
}

// wholeNumber coerces as odpm does: numbers without a fraction, strings of
// digits. The structure check refuses the string later (spec §1.2).
func wholeNumber(n *Node) (int64, bool) {
	if n.Kind != Number && n.Kind != String {
		return 0, false
	}
	text := strings.TrimSpace(n.Text)
	if len(text) > 20 {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || !r.IsInt() || !r.Num().IsInt64() || n.Kind == String && strings.ContainsAny(text, "./eExXoObB_") {
		return 0, false
	}
	return r.Num().Int64(), true
}

// shown is a value in a message.
func shown(n *Node) string {
	switch n.Kind {
	case Number:
		return n.Text
	case String:
		return fmt.Sprintf("%q", n.Text)
	default:
		return describe(n)
	}
}
