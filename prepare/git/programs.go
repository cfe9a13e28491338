package git

import (
	"slices"
	"strings"
)

// Programs lists the settings of a repository's own configuration that make git
// run a program, as sorted "key = value". A clone never has any; what was
// copied, unpacked or set up by hand may. Included files are not read, so
// naming one counts as well; so does what cannot be read.
func Programs(dir string) []string {
	at, err := open(dir)
	if err != nil {
		return nil
	}
	return at.programs()
}

// unreadable stands for whatever a configuration holds behind its fault.
const unreadable = "a configuration that devpm cannot read to its end"

func (c *checkout) programs() []string {
	var out []string
	if c.unread {
		out = append(out, unreadable)
	}
	for key, values := range c.config {
		if !namesProgram(key) {
			continue
		}
		for _, value := range values {
			if !slices.Contains(lfs, value) {
				out = append(out, key+" = "+value)
			}
		}
	}
	slices.Sort(out)
	return out
}

// lfs is what `git lfs install --local` writes.
var lfs = []string{
	"git-lfs clean -- %f", "git-lfs smudge -- %f", "git-lfs filter-process", "git-lfs smudge --skip -- %f", "git-lfs filter-process --skip",
}

// guarded are settings that guards overrule for every call.
var guarded = []string{"core.hookspath", "core.fsmonitor"}

// namesProgram reports whether git runs what a setting says, or takes settings
// from elsewhere because of it. Keys are as parseConfig spells them.
func namesProgram(key string) bool {
	section, name, _ := strings.Cut(key, ".")
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	if slices.Contains(guarded, key) {
		return false
	}
	switch section {
	case "include", "includeif", "alias", "protocol", "hook":
		return true
	case "filter":
		return name != "required"
	case "diff":
		return name == "command" || name == "textconv" || name == "external"
	case "merge":
		return name == "driver"
	case "core":
		return slices.Contains([]string{"sshcommand", "gitproxy", "askpass", "editor", "pager", "alternaterefscommand", "worktree"}, name)
	case "credential":
		return name == "helper"
	case "remote":
		return slices.Contains([]string{"uploadpack", "receivepack", "vcs", "proxy"}, name)
	case "url":
		return name == "insteadof" || name == "pushinsteadof"
	case "gpg":
		return name == "program"
	case "uploadpack":
		return name == "packobjectshook"
	}
	return false
}
