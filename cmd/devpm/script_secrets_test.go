package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/devpm/devpm/cmd/devpm/internal/cli"
	"github.com/devpm/devpm/internal/termx"
)

// Secrets are values of this form. A script that works with secrets has some in
// its files; every script has those of plantCanaries. Whatever a script then
// does, no such value may stand in anything that others can read: what devpm
// printed, what it wrote, what it handed to programs.
var planted = regexp.MustCompile(`planted-secret-[A-Za-z0-9]+`)

// saidDir names the variable with the directory where devpm keeps what it
// printed. `render --show-secrets` is asked to show them, so its stdout is not
// kept.
const saidDir = "DEVPM_TEST_SAID"

// watchSecrets plants values and looks, at the end of the script, for these and
// for those that its files give.
func watchSecrets(env *testscript.Env) error {
	canaries, err := plantCanaries(env)
	if err != nil {
		return err
	}
	given, values, err := plantedIn(env.WorkDir)
	if err != nil {
		return err
	}
	for _, value := range canaries {
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	said := filepath.Join(env.WorkDir, ".said")
	if err := os.MkdirAll(said, 0o755); err != nil {
		return err
	}
	env.Setenv(saidDir, said)
	env.Defer(func() {
		found, looked, err := leaks(env.WorkDir, given, values)
		switch {
		case err != nil:
			env.T().Fatal(err)
		case len(found) > 0:
			env.T().Fatal("secrets can be read by others:\n" + strings.Join(found, "\n"))
		case looked == 0:
			env.T().Fatal("devpm printed nothing that could be looked at")
		}
	})
	return nil
}

// plantCanaries plants values that no script knows of where every user has
// passwords: the environment, ~/.odpm/.env, the .env of each project that has
// one and, of projects that bring an .odpm of their own, a secrets file. (Others
// look whether devpm made that directory.)
func plantCanaries(env *testscript.Env) (values []string, err error) {
	value := func() string {
		v := "planted-secret-" + strings.ToLower(rand.Text())
		values = append(values, v)
		return v
	}
	env.Setenv("HARNESS_PASSWORD", value())
	home := filepath.Join(env.Getenv("HOME"), ".odpm")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(home, ".env"), []byte("HARNESS_HOME_PASSWORD="+value()+"\n"), 0o600); err != nil {
		return nil, err
	}
	var projects []string
	err = eachFile(env.WorkDir, func(path string, _ fs.FileMode, _ []byte) {
		if filepath.Base(path) == "odpm.json" {
			projects = append(projects, filepath.Dir(path))
		}
	})
	if err != nil {
		return nil, err
	}
	for _, dir := range projects {
		// Hooks get all of .env, and trust counts what they get.
		manifest, err := os.ReadFile(filepath.Join(dir, "odpm.json"))
		if err != nil {
			return nil, err
		}
		if dotenv := filepath.Join(dir, ".env"); isFile(dotenv) && !bytes.Contains(manifest, []byte(`"hooks"`)) {
			err = extend(dotenv, "HARNESS_DOTENV_PASSWORD="+value()+"\n")
		}
		if err != nil {
			return nil, err
		}
		own, file := filepath.Join(dir, ".odpm"), filepath.Join(dir, ".odpm", "secrets.json")
		if !isDirectory(own) || isFile(file) {
			continue
		}
		if err := os.WriteFile(file, []byte(`{"schema_version": 1, "secrets": {"harness.canary": "`+value()+`"}}`+"\n"), 0o600); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// extend adds a line to a file.
func extend(file, line string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		line = "\n" + line
	}
	return os.WriteFile(file, append(text, line...), 0o644)
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// file is one that a script gave. The script may move its directory, or keep a
// copy for later.
type file struct{ name, text string }

func fileAt(path string, text []byte) file {
	name := filepath.Base(path)
	if strings.HasSuffix(name, ".env") {
		name = ".env"
	}
	return file{name, string(text)}
}

// plantedIn finds the planted values of a script and the files that it gives
// them in.
func plantedIn(dir string) (given map[file]bool, values []string, err error) {
	given = map[file]bool{}
	err = eachFile(dir, func(path string, _ fs.FileMode, text []byte) {
		for _, value := range planted.FindAllString(string(text), -1) {
			given[fileAt(path, text)] = true
			if !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
	})
	return given, values, err
}

// leaks lists where values stand in files that others can read, and counts the
// runs of devpm that were looked at. What the script itself gave does not count
// while it is as it was given.
func leaks(dir string, given map[file]bool, values []string) (found []string, looked int, err error) {
	err = eachFile(dir, func(path string, mode fs.FileMode, text []byte) {
		if strings.HasPrefix(path, filepath.Join(dir, ".said")+string(filepath.Separator)) {
			looked++
		}
		if mode&0o077 == 0 || given[fileAt(path, text)] {
			return
		}
		for _, value := range values {
			for _, form := range givenAway(value) {
				if before, after, ok := bytes.Cut(text, []byte(form)); ok {
					rest, _, _ := bytes.Cut(after, []byte("\n"))
					line := string(before[bytes.LastIndexByte(before, '\n')+1:]) + form + string(rest)
					name, _ := filepath.Rel(dir, path)
					found = append(found, fmt.Sprintf("%s (%04o): %s", name, mode.Perm(), line))
				}
			}
		}
	})
	return found, looked, err
}

// givenAway are the texts that give a value away: as it is, in base64 whatever
// stands before it, escaped, and its plain hash, by which it can be guessed.
func givenAway(value string) []string {
	forms := []string{value, fmt.Sprintf("%x", sha256.Sum256([]byte(value)))[:16], fmt.Sprintf("%x", sha256.Sum256([]byte(strconv.Quote(value))))[:16]}
	if escaped := url.QueryEscape(value); escaped != value {
		forms = append(forms, escaped)
	}
	for before := range 3 {
		text := base64.StdEncoding.EncodeToString(append(make([]byte, before), value...))
		// The first characters hold bits of what stands before, the last of what comes behind.
		forms = append(forms, text[(before*8+5)/6:(before+len(value))*8/6])
	}
	return forms
}

func eachFile(dir string, look func(path string, mode fs.FileMode, text []byte)) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		look(path, info.Mode(), text)
		return nil
	})
}

// devpm is the program in scripts: the real one, which also keeps what it
// prints.
func devpm() {
	dir := os.Getenv(saidDir)
	if dir == "" {
		main()
		return
	}
	host := cli.System(version)
	file, err := os.CreateTemp(dir, "run-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// CreateTemp closes its files to others, and what is kept here is to be looked at.
	if err := file.Chmod(0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(file, "devpm", strings.Join(os.Args[1:], " "))
	host.Streams = termx.Streams{In: os.Stdin, Out: kept{os.Stdout, file}, Err: kept{os.Stderr, file}}
	if slices.Contains(os.Args, "--show-secrets") {
		host.Streams.Out = os.Stdout
	}
	os.Exit(cli.Main(os.Args[1:], host))
}

// kept is a stream that also goes to a file. It is a terminal when the stream is.
type kept struct{ stream, file *os.File }

func (k kept) Write(p []byte) (int, error) {
	if _, err := k.file.Write(p); err != nil {
		return 0, err
	}
	return k.stream.Write(p)
}

func (k kept) IsTerminal() bool { return termx.IsTerminal(k.stream) }
func (k kept) Width() int       { return termx.Width(k.stream) }

// TestLeaksAreFound: the look that every script ends with finds what it is for.
func TestLeaksAreFound(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no mode here")
	}
	const value = "planted-secret-abc"
	given := map[string]string{"odpm.json": "given " + value}
	tests := map[string]struct {
		file, text string
		mode       fs.FileMode
		leak       bool
	}{
		"in the open":            {"a/out.yml", "KEY: " + value, 0o644, true},
		"for the group":          {"out.yml", value, 0o640, true},
		"closed":                 {"out.yml", value, 0o600, false},
		"closed, and runs":       {"out.sh", value, 0o700, false},
		"what was given":         {"odpm.json", "given " + value, 0o644, false},
		"given, and changed":     {"odpm.json", "changed " + value, 0o644, true},
		"base64":                 {"out", base64.StdEncoding.EncodeToString([]byte(value)), 0o644, true},
		"base64 of a login":      {"out", "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+value+"!")), 0o644, true},
		"a plain hash":           {"out", fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(value))), 0o644, true},
		"an address":             {"out", "https://u:" + url.QueryEscape(value) + "@host", 0o644, true},
		"what devpm has said":    {".said/run-1", "devpm plan\n" + value, 0o644, true},
		"masked":                 {".said/run-1", "<secret:abc>", 0o644, false},
		"in the state, in .home": {".home/state/devpm/journal", value, 0o644, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string, mode fs.FileMode) {
				path := filepath.Join(dir, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), mode); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
			}
			for name, text := range given {
				write(name, text, 0o644)
			}
			before, values, err := plantedIn(dir)
			if err != nil || !slices.Equal(values, []string{value}) {
				t.Fatal(values, err)
			}
			write(tt.file, tt.text, tt.mode)
			found, _, err := leaks(dir, before, values)
			if err != nil || (len(found) > 0) != tt.leak {
				t.Errorf("found %q, %v", found, err)
			}
		})
	}
}
