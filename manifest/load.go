package manifest

import "github.com/devpm/devpm/diag"


// Options are what a manifest is read with.
type Options struct {
	Environment *Environment // nil: tokens stay literal
	Scenario    string       // --scenario; when empty ODPM_SCENARIO of the dotenv files, else developer
	Level       string       // contract level; ContractLevel when empty
	HostArch    string       // amd64 or arm64: the default of `arch`
	// Extended reports that extensions may still add services: unknown patch
	// and depends_on targets are then warnings.
	Extended bool
	Contract string // "" is devpm's schema; "odpm" checks odpm's own v2 schema
}

// Load reads, checks and expands a manifest.
func Load(file string, src []byte, o Options, c *diag.Collector) *Manifest { return nil }
