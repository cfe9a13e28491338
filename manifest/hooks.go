package manifest

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/devpm/devpm/diag"
)

// phases are the hook phases in the order of the lifecycle.
var phases = []string{PostClone, PostPrepare, PreUp, PostUp, PreDown, PostDown}

// Phases lists the hook phases in the order of the lifecycle.
func Phases() []string { return slices.Clone(phases) }

// hooks reads the entries of all phases as written (design §5): those of the
// root, then those of the active scenario's overlay. Entries whose form is
// wrong are left out: the structure check has spoken about them. Overlays of
// other scenarios are read for their faults only.
func (l *loader) hooks() map[string][]HookEntry {
	var out map[string][]HookEntry
	for _, p := range l.parts {
		hooks, path := p.object("hooks")
		if hooks == nil {
			continue
		}
		if out == nil {
			out = make(map[string][]HookEntry)
		}
		for phase, entries := range l.phases(hooks, path, false) {
			out[phase] = append(out[phase], entries...)
		}
	}
	for _, p := range l.overlays() {
		if hooks, path := p.object("hooks"); hooks != nil && p.path != memberPath("scenarios", l.m.Scenario) {
			l.phases(hooks, path, true)
		}
	}
	return out
}

// phases reads one `hooks` object that stands at a path.
func (l *loader) phases(hooks *Node, path string, idle bool) map[string][]HookEntry {
	out := make(map[string][]HookEntry)
	for _, phase := range phases {
		list := hooks.Get(phase)
		if list == nil || list.Kind != Array {
			continue
		}
		for i, n := range list.Items {
			h := hookReader{l: l, phase: phase, path: itemPath(memberPath(path, phase), i), idle: idle}
			if entry, ok := h.entry(n); ok {
				out[phase] = append(out[phase], entry)
			}
		}
	}
	return out
}

type hookReader struct {
	l     *loader
	phase string
	path  string
	idle  bool // of a scenario that is not active: its services are not known
}

func (h hookReader) entry(n *Node) (HookEntry, bool) {
	entry := HookEntry{Range: n.Range, Path: h.path}
	switch n.Kind {
	case String:
		entry.Plugin = strings.TrimSpace(n.Text)
	case Array:
		entry.Run = h.argv(n, h.path)
	case Object:
		if n.Get("run") != nil && n.Get("plugin") != nil {
			return entry, false
		}
		if run := n.Get("run"); run != nil && run.Kind == Array {
			entry.Run = h.argv(run, h.path+".run")
		}
		entry.Plugin = strings.TrimSpace(stringAt(n, "plugin"))
		entry.Name = stringAt(n, "name")
		entry.Service = h.service(n)
		entry.Timeout = h.timeout(n)
		entry.ContinueOnError = n.Get("continue_on_error") != nil && n.Get("continue_on_error").Text == "true"
	}
	return entry, (entry.Plugin == "") != (len(entry.Run) == 0)
}

func stringAt(n *Node, key string) string {
	if v := n.Get(key); v != nil && v.Kind == String {
		return v.Text
	}
	return ""
}

// argv reads a command and looks for what only a shell would understand.
func (h hookReader) argv(list *Node, path string) []Text {
	var out []Text
	for i, n := range list.Items {
		if n.Kind != String {
			return nil
		}
		out = append(out, Text{Value: n.Text, Raw: n.Text, Range: n.Range, Path: itemPath(path, i)})
	}
	if len(out) == 0 {
		return nil
	}
	if strings.TrimSpace(out[0].Value) == "" {
		h.l.report(diag.ManifestHookNoProgram, diag.Error, out[0].Range, out[0].Path, "the command names no program", "write the program as the first element")
	}
	for i, word := range out {
		if i > 0 && slices.Contains(shellOperators, word.Value) && !endsExec(out[:i], word.Value) {
			h.l.report(diag.ManifestHookShell, diag.Warning, word.Range, word.Path,
				fmt.Sprintf("%q is passed to %s literally: there is no shell", word.Value, out[0].Value), shellFix(out, i))
		}
	}
	return out
}

// shellOperators mean something to a shell and nothing to a program.
var shellOperators = []string{"||", "&&", "|", ";", "&", ">", ">>", "<", "2>", "2>&1", "&>"}

// endsExec reports whether the word ends the -exec of find, which wants a
// literal ";".
func endsExec(before []Text, word string) bool {
	return word == ";" && slices.ContainsFunc(before, func(t Text) bool {
		return t.Value == "-exec" || t.Value == "-execdir" || t.Value == "-ok" || t.Value == "-okdir"
	})
}

// shellFix proposes what the operator was written for.
func shellFix(argv []Text, at int) string {
	words := func(list []Text) []string {
		var out []string
		for _, t := range list {
			out = append(out, t.Value)
		}
		return out
	}
	if argv[at].Value == "||" && at == len(argv)-2 && argv[at+1].Value == "true" {
		return fmt.Sprintf(`write {"run": [%s], "continue_on_error": true}`, strings.Join(quoted(words(argv[:at])), ", "))
	}
	if argv[at].Value == "&&" || argv[at].Value == ";" {
		return "write the commands as two entries, which run one after the other"
	}
	return fmt.Sprintf(`call a shell: ["sh", "-c", %q]`, strings.Join(words(argv), " "))
}

// service reads the service to run in; it must exist and be up.
func (h hookReader) service(n *Node) string {
	service := n.Get("service")
	if service == nil || service.Kind != String {
		return ""
	}
	path := h.path + ".service"
	switch {
	case h.phase != PostUp && h.phase != PreDown:
		h.l.report(diag.ManifestHookPhase, diag.Error, service.Range, path, fmt.Sprintf("no service runs in the phase %s", h.phase),
			"move the entry to post_up or pre_down, or remove \"service\" to run it on the host")
		return ""
	case n.Get("run") == nil:
		h.l.report(diag.ManifestKeyNotHere, diag.Error, service.Range, path, "a plugin does not run in a service", "remove \"service\", or write a command in \"run\"")
		return ""
	}
	if !h.idle {
		h.l.targets().check(diag.ManifestHookService, "the hook", service.Text, service.Range, path)
	}
	return service.Text
}

func (h hookReader) timeout(n *Node) time.Duration {
	timeout := n.Get("timeout")
	if timeout == nil || timeout.Kind != String {
		return 0
	}
	d, ok := parseDuration(timeout.Text)
	if !ok || d <= 0 {
		h.l.report(diag.ManifestHookTimeout, diag.Error, timeout.Range, h.path+".timeout", fmt.Sprintf("%q is not a duration", timeout.Text),
			`write a number and a unit: "90s", "2m", "1h30m"`)
		return 0
	}
	return d
}

// parseDuration reads durations as Go and Compose write them: "90s", "1h30m",
// and with the days and weeks that Compose has, "1d12h".
func parseDuration(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	days := map[byte]time.Duration{'w': 7 * 24 * time.Hour, 'd': 24 * time.Hour}
	var total time.Duration
	for {
		digits := strings.IndexFunc(text, func(c rune) bool { return !unicode.IsDigit(c) })
		if digits < 1 || digits > 5 || days[text[digits]] == 0 {
			break
		}
		count, err := time.ParseDuration(text[:digits] + "ns")
		if err != nil {
			return 0, false
		}
		total += count * days[text[digits]]
		if text = text[digits+1:]; text == "" {
			return total, true
		}
	}
	rest, err := time.ParseDuration(text)
	return total + rest, err == nil
}
