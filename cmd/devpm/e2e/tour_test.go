//go:build engine

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const tourFile = "../../../docs/tour.md"

var (
	codeBlock = regexp.MustCompile("(?s)```(\\w+)\n(.*?)```")
	duration  = regexp.MustCompile(`\(\d+(\.\d+)?(ms|s|m\d+s)\)`)
	version   = regexp.MustCompile(`version [0-9][^\s,]*`)
)

// TestEngineTour walks docs/tour.md as a newcomer does: it writes the file,
// types each command, makes each change, and compares what is printed with what
// the page shows. With DEVPM_UPDATE set it writes the output into the page.
func TestEngineTour(t *testing.T) {
	page, err := os.ReadFile(tourFile)
	if err != nil {
		t.Fatal(err)
	}
	tour := &tour{t: t, project: newProject(t, nil), port: fmt.Sprint(shortPort(t)), update: os.Getenv("DEVPM_UPDATE") != ""}
	tour.env = append(tour.env, "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
	written := codeBlock.ReplaceAllStringFunc(string(page), func(block string) string {
		m := codeBlock.FindStringSubmatch(block)
		return "```" + m[1] + "\n" + tour.block(m[1], m[2]) + "```"
	})
	if tour.commands < 10 {
		t.Errorf("only %d commands on the page", tour.commands)
	}
	if tour.update {
		if err := os.WriteFile(tourFile, []byte(written), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

type tour struct {
	t *testing.T
	*project
	port     string // stands for the page's 8080, which may be taken here
	update   bool
	commands int
}

// block does what one code block of the page says and returns it as it is now.
func (u *tour) block(language, text string) string {
	switch language {
	case "yaml":
		u.write("compose.yaml", u.here(text))
	case "diff":
		u.edit(text)
	case "console":
		var out strings.Builder
		for _, part := range regexp.MustCompile(`(?m)^\$ `).Split(text, -1)[1:] {
			command, want, _ := strings.Cut(part, "\n")
			got := u.typed(command)
			if u.update {
				want = got
			} else if !like(want, got) {
				u.t.Errorf("$ %s\n--- the page\n%s--- here\n%s", command, want, got)
			}
			out.WriteString("$ " + command + "\n" + want)
		}
		return out.String()
	default:
		u.t.Errorf("a block of language %q is not tested", language)
	}
	return text
}

// typed runs a command line of the page, which needs no shell, and returns what
// a person sees: both streams, with what differs from run to run levelled.
func (u *tour) typed(line string) string {
	u.t.Helper()
	u.commands++
	words := strings.Fields(u.here(line))
	var cmd *exec.Cmd
	switch words[0] {
	case "devpm":
		cmd = u.command(words[1:]...)
	case "curl":
		return get(u.t, words[len(words)-1])
	default:
		cmd = exec.Command(words[0], words[1:]...)
		cmd.Dir, cmd.Env = u.dir, u.env
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		u.t.Fatalf("$ %s: %v\n%s", line, err, out)
	}
	text := strings.ReplaceAll(string(out), u.port, "8080")
	text = strings.ReplaceAll(text, filepath.Base(u.dir), "shop")
	text = duration.ReplaceAllString(text, "(…)")
	return version.ReplaceAllString(text, "version …")
}

// here puts this run's port in the place of the page's.
func (u *tour) here(text string) string { return strings.ReplaceAll(text, "8080", u.port) }

// shortPort is a free port of four digits, so that tables keep their shape.
func shortPort(t *testing.T) int {
	t.Helper()
	for port := 8090; port < 10000; port++ {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port of four digits is free")
	return 0
}

// edit replaces the lines with "-" by those with "+" in odpm.json.
func (u *tour) edit(diff string) {
	u.t.Helper()
	var old, new []string
	for line := range strings.Lines(diff) {
		switch line[0] {
		case '-':
			old = append(old, line[1:])
		case '+':
			new = append(new, line[1:])
		}
	}
	before := u.read("odpm.json")
	after := strings.Replace(before, strings.Join(old, ""), strings.Join(new, ""), 1)
	if after == before {
		u.t.Fatalf("odpm.json has no such lines:\n%s\n%s", diff, before)
	}
	u.write("odpm.json", after)
}

// like compares output; "…" stands for anything within a line, and a line that
// is only that for any lines.
func like(want, got string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(want), "…", "[^\n]*")
	pattern = regexp.MustCompile(`(?m)^\[\^\n\]\*\n`).ReplaceAllString(pattern, "(?s:.*)")
	return regexp.MustCompile(`^` + pattern + `$`).MatchString(got)
}
