package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are the commands that scripts have besides testscript's own.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"fakedocker": cmdFakeDocker,
	"fakeengine": cmdFakeEngine,
	"exitcode":   cmdExitCode,
	"explainall": cmdExplainAll,
	"json":       cmdJSON,
	"jsonlines":  cmdJSONLines,
	"goexample":  cmdGoExample,
	"keep":       cmdKeep,

	"freeport":    cmdFreePort,
	"start":       cmdStart,
	"signal":      cmdSignal,
	"ended":       cmdEnded,
	"waitfor":     cmdWaitFor,
	"gone":        cmdGone,
	"noleftovers": cmdNoLeftovers,
	"terminal":    cmdTerminal,
}

// cmdFakeDocker puts the fake docker (and docker-compose) first in PATH:
//
//	fakedocker [VERSION]             docker with its compose plugin
//	fakedocker -standalone VERSION   docker without it, and docker-compose
//
// See fakeDocker for what they answer.
func cmdFakeDocker(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("fakedocker cannot be negated")
	}
	bin, dir := filepath.Join(ts.Getenv("WORK"), ".bin"), ts.Getenv(fakeDir)
	ts.Check(os.MkdirAll(bin, 0o755))
	ts.Check(os.MkdirAll(dir, 0o755))
	programs, version := []string{"docker"}, "2.29.1"
	if len(args) > 0 && args[0] == "-standalone" {
		programs, args = append(programs, "docker-compose"), args[1:]
		ts.Check(os.WriteFile(filepath.Join(dir, "standalone"), nil, 0o644))
	}
	if len(args) > 0 {
		version = args[0]
	}
	ts.Check(os.WriteFile(filepath.Join(dir, "version"), []byte(version), 0o644))
	self, err := os.Executable()
	ts.Check(err)
	for _, name := range programs {
		program := filepath.Join(bin, name)
		if err := os.Link(self, program); err != nil {
			ts.Check(os.Symlink(self, program))
		}
	}
	ts.Setenv("PATH", bin+string(filepath.ListSeparator)+ts.Getenv("REAL_PATH"))
}

// cmdExitCode runs a program and checks its exit status:
//
//	exitcode 64 devpm plam
func cmdExitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode STATUS PROGRAM [ARGS…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		found := regexp.MustCompile(`exit status (\d+)`).FindStringSubmatch(err.Error())
		if found == nil {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = found[1]
	}
	if got != args[0] {
		ts.Fatalf("%s ended with %s, not with %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// cmdExplainAll explains everything that can be explained: a service or a
// file is explained with each value below it.
//
//	explainall
func cmdExplainAll(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: explainall")
	}
	ts.Check(ts.Exec("devpm", "explain"))
	names := regexp.MustCompile(`(?m)^  (\S.*?)(?:  |$)`).FindAllStringSubmatch(ts.ReadFile("stdout"), -1)
	if len(names) == 0 {
		ts.Fatalf("there is nothing to explain")
	}
	for _, name := range names {
		ts.Check(ts.Exec("devpm", "explain", name[1]))
	}
}

// cmdJSON checks that a file (or stdout, stderr) is one JSON document:
//
//	json stdout
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: json FILE")
	}
	if text := ts.ReadFile(args[0]); !json.Valid([]byte(text)) {
		ts.Fatalf("%s is not one JSON document:\n%s", args[0], text)
	}
}

// cmdJSONLines checks that each line of a file (or stdout, stderr) is one JSON
// object, and that there is one:
//
//	jsonlines stderr
func cmdJSONLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: jsonlines FILE")
	}
	text := ts.ReadFile(args[0])
	for line := range strings.Lines(text) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			ts.Fatalf("not a JSON object: %s", line)
		}
	}
	if text == "" {
		ts.Fatalf("%s is empty", args[0])
	}
}

// cmdFakeEngine starts an engine API on a socket and points DOCKER_HOST to it.
// It answers what observing asks: the ping, the version, and lists of
// containers and images, from $FAKE_DIR/containers.json and images.json (empty
// without them). Everything but GET and HEAD is refused, and each request is a
// line of $FAKE_DIR/requests.
func cmdFakeEngine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: fakeengine")
	}
	dir := ts.Getenv(fakeDir)
	ts.Check(os.MkdirAll(dir, 0o755))
	sock, err := os.MkdirTemp("", "devpm") // a socket's path is short, $WORK may not be
	ts.Check(err)
	address := filepath.Join(sock, "engine.sock")
	listener, err := net.Listen("unix", address)
	ts.Check(err)
	server := &http.Server{Handler: &fakeEngine{dir: dir}}
	go func() { _ = server.Serve(listener) }()
	ts.Defer(func() {
		server.Close()
		os.RemoveAll(sock)
	})
	ts.Setenv("DOCKER_HOST", "unix://"+address)
}

type fakeEngine struct {
	dir string
	mu  sync.Mutex
}

var apiPrefix = regexp.MustCompile(`^/v\d+\.\d+`)

func (e *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if f, err := os.OpenFile(filepath.Join(e.dir, "requests"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
		fmt.Fprintln(f, r.Method, r.URL.Path)
		f.Close()
	}
	w.Header().Set("Api-Version", "1.47")
	w.Header().Set("Ostype", "linux")
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"message":"this engine is read only"}`)
		return
	}
	file := func(name string) {
		text, err := os.ReadFile(filepath.Join(e.dir, name))
		if err != nil {
			text = []byte("[]")
		}
		w.Write(text)
	}
	path := apiPrefix.ReplaceAllString(r.URL.Path, "")
	if strings.HasPrefix(path, "/images/") && strings.HasSuffix(path, "/json") && path != "/images/json" {
		if text, err := os.ReadFile(filepath.Join(e.dir, "image.json")); err == nil {
			w.Write(text) // every image is this one
			return
		}
	}
	switch path {
	case "/_ping":
		io.WriteString(w, "OK")
	case "/version":
		io.WriteString(w, `{"Version":"27.0.0","ApiVersion":"1.47","MinAPIVersion":"1.24","Os":"linux","Arch":"amd64"}`)
	case "/info":
		io.WriteString(w, `{"ID":"fake","ServerVersion":"27.0.0","OSType":"linux","NCPU":2}`)
	case "/containers/json":
		file("containers.json")
	case "/images/json":
		file("images.json")
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"message":"no such thing: %s"}`, path)
	}
}

// cmdKeep sets a variable to what a pattern's first group matches in a file (or
// stdout, stderr):
//
//	keep DIGEST stderr 'its digest is ([0-9a-f]+)'
func cmdKeep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: keep NAME FILE REGEXP")
	}
	pattern, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) < 2 {
		ts.Fatalf("%s holds nothing that %s matches with a group", args[1], args[2])
	}
	ts.Setenv(args[0], found[1])
}

// cmdGoExample builds the program of an example extension in Go, with the
// caches of whoever runs the tests: goexample NAME FILE.
func cmdGoExample(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: goexample NAME FILE")
	}
	build := exec.Command("go", "build", "-o", ts.MkAbs(args[1]), "./examples/extensions/go/"+args[0])
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		ts.Fatalf("building the example %s: %v\n%s", args[0], err, out)
	}
}
