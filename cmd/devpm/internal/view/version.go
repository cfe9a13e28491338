package view

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// VersionInfo is what `devpm version` prints.
type VersionInfo struct {
	Version  string `json:"version"`
	Contract string `json:"odpm_contract"`
	Commit   string `json:"commit"`
	Built    string `json:"commit_time"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// ReadVersion describes the running program. linked is the version that the
// linker set; without it the module's own counts. contract is the odpm release
// whose manifests devpm reads.
func ReadVersion(linked, contract string) VersionInfo {
	v := VersionInfo{Version: linked, Contract: contract, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		if v.Version == "" && info.Main.Version != "(devel)" {
			v.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Commit = s.Value
			case "vcs.time":
				v.Built = s.Value
			}
		}
	}
	v.Version = cmp.Or(v.Version, "dev")
	return v
}

// Version prints the text form: devpm's version on the first line.
func (p Printer) Version(v VersionInfo) {
	p.line("devpm ", v.Version)
	rows := [][]string{{"odpm contract", v.Contract}}
	if v.Commit != "" {
		rows = append(rows, []string{"commit", v.Commit + " " + v.Built})
	}
	rows = append(rows, []string{"go", v.Go}, []string{"platform", v.Platform})
	p.columns(rows, nil)
}
