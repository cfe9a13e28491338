package python

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/devpm/devpm/extensions/protocol"
)

// client speaks the protocol to a program of Python, by hand: what is tested
// here is the shim, not devpm's own side.
type client struct {
	t      testing.TB
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  chan protocol.Message
	stderr bytes.Buffer
	last   int
	// Notes are the notifications so far, in order.
	notes []protocol.Message
}

// interpreter is the Python that all tests can count on.
func interpreter(t testing.TB) Interpreter {
	t.Helper()
	i, fault := Find(os.LookupEnv, t.TempDir())
	if fault != nil {
		t.Skip("no Python here: " + fault.Message)
	}
	if i.Script {
		out, err := exec.Command(i.Path, "-c", "import sys; print(sys.executable)").Output()
		if err != nil {
			t.Fatal(err)
		}
		i.Path, i.Script = strings.TrimSpace(string(out)), false
	}
	return i
}

// start starts a program; the conversation ends with the test.
func start(t testing.TB, argv []string, dir string, env []string, before []byte) *client {
	t.Helper()
	c := &client{t: t, cmd: exec.Command(argv[0], argv[1:]...), lines: make(chan protocol.Message, 1000)}
	c.cmd.Dir, c.cmd.Env, c.cmd.Stderr = dir, env, &c.stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.in.Close()
		done := make(chan struct{})
		go func() { c.cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			c.cmd.Process.Kill()
			<-done
			t.Error("the program did not end with its input")
		}
	})
	go func() {
		defer close(c.lines)
		r := bufio.NewReaderSize(out, 1<<20)
		for {
			line, err := r.ReadBytes('\n')
			if len(line) > 0 {
				var m protocol.Message
				if err := json.Unmarshal(line, &m); err != nil {
					m = protocol.Message{Method: "garbage", Params: json.RawMessage(`"` + strings.TrimSpace(string(line)) + `"`)}
				}
				c.lines <- m
			}
			if err != nil {
				return
			}
		}
	}()
	if _, err := c.in.Write(before); err != nil {
		t.Fatal(err)
	}
	return c
}

// send writes a message and returns its id.
func (c *client) send(method string, params any) int {
	c.t.Helper()
	c.last++
	data, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": c.last, "method": method, "params": params})
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(string(data))
	return c.last
}

func (c *client) write(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

var errEnded = errors.New("the program ended")

// receive returns the next answer, and keeps the notifications before it.
func (c *client) receive() (protocol.Message, error) {
	c.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case m, ok := <-c.lines:
			switch {
			case !ok:
				return m, errEnded
			case m.Method == "garbage":
				c.t.Fatalf("on the protocol's stream: %s", m.Params)
			case m.Method != "":
				c.notes = append(c.notes, m)
			default:
				return m, nil
			}
		case <-limit:
			c.t.Fatalf("no answer; standard error:\n%s", c.stderr.String())
		}
	}
}

// call asks and fills result from the answer; the error of the answer comes back.
func (c *client) call(method string, params, result any) *protocol.Error {
	c.t.Helper()
	c.send(method, params)
	m, err := c.receive()
	if err != nil {
		c.t.Fatalf("%s: %v; standard error:\n%s", method, err, c.stderr.String())
	}
	if m.Error != nil {
		return m.Error
	}
	if result != nil {
		if err := json.Unmarshal(m.Result, result); err != nil {
			c.t.Fatalf("%s answers %s: %v", method, m.Result, err)
		}
	}
	return nil
}

// must is call where an error fails the test.
func (c *client) must(method string, params, result any) {
	c.t.Helper()
	if e := c.call(method, params, result); e != nil {
		c.t.Fatalf("%s: %d %s %+v", method, e.Code, e.Message, e.Data)
	}
}

// logs are the log lines so far as "level source: message", without those that say
// which plugin is loaded.
func (c *client) logs() []string {
	var out []string
	for _, n := range c.notes {
		if n.Method == protocol.NotifyLog {
			var p protocol.LogParams
			if err := json.Unmarshal(n.Params, &p); err != nil {
				c.t.Fatal(err)
			}
			if p.Level != "debug" || p.Message != "loading" {
				out = append(out, p.Level+" "+p.Source+": "+p.Message)
			}
		}
	}
	return out
}

// project writes a project with plugins and returns its directory.
func project(t testing.TB, plugins map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range plugins {
		write(t, filepath.Join(dir, filepath.FromSlash(PluginDir), name), text)
	}
	return dir
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// opened is a project as the first message tells it.
func opened(dir string, mode protocol.Mode) protocol.Initialize {
	return protocol.Initialize{
		ProtocolVersion: protocol.Version, Host: protocol.Party{Name: "devpm"}, Mode: mode, Capabilities: protocol.Capabilities(),
		Context: protocol.Context{
			ProjectDir: dir, ProjectName: "sample", Scenario: "developer", Stack: "odoo", ManifestSchema: 2, RequiresOdpm: "4.6.0",
			Manifest: json.RawMessage(`{"extensions":{"local":["a"]},"services":{"redis":{"image":"redis:7"}}}`),
			Services: json.RawMessage(`{"redis":{"image":"redis:7","ports":["6379:6379"]}}`), ServicePatches: json.RawMessage(`{"odoo":{"environment":{"A":"1"}}}`),
			Hooks: json.RawMessage(`{"pre_up":[["true"]]}`), Locks: json.RawMessage(`{}`), Environment: map[string]string{"TOKEN": "t"},
		},
	}
}
