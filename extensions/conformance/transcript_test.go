package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/internal/execx"
)

const transcripts = "../../docs/protocol/transcripts"

// turn is one line of a transcript.
type turn struct {
	number int
	host   bool // devpm says it
	line   []byte
}

func readTranscripts(t *testing.T) map[string][]turn {
	t.Helper()
	files, err := filepath.Glob(transcripts + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	out := map[string][]turn{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var turns []turn
		for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			switch {
			case strings.HasPrefix(line, "> "):
				turns = append(turns, turn{i + 1, true, []byte(line[2:])})
			case strings.HasPrefix(line, "< "):
				turns = append(turns, turn{i + 1, false, []byte(line[2:])})
			case !strings.HasPrefix(line, "# ") || i > 0:
				t.Fatalf("%s:%d: a line of a transcript begins with > or <, the first with #", file, i+1)
			}
		}
		out[strings.TrimSuffix(filepath.Base(file), ".txt")] = turns
	}
	return out
}

// Every program that says what the extension "sample" says gives these answers.
func TestTranscripts(t *testing.T) {
	programs := map[string]func(*testing.T) Program{
		"go":     func(t *testing.T) Program { return sampleProgram(t, "sample") },
		"python": samplePython,
	}
	for language, program := range programs {
		for name, turns := range readTranscripts(t) {
			t.Run(language+"/"+name, func(t *testing.T) {
				t.Parallel()
				replay(t, program(t), turns)
			})
		}
	}
}

// replay says devpm's part and compares the program's: it may have more fields
// than the transcript, and "*" there stands for anything.
func replay(t *testing.T, program Program, turns []turn) {
	t.Helper()
	const patience = 30 * time.Second
	p, err := launch(execx.System{}, program)
	if err != nil {
		t.Fatal(err)
	}
	defer p.end(time.Millisecond)
	for _, turn := range turns {
		if turn.host {
			if err := p.write(append(bytes.Clone(turn.line), '\n'), patience); err != nil {
				t.Fatalf("line %d: %v", turn.number, err)
			}
			continue
		}
		got, err := p.receive(patience)
		if err != nil {
			t.Fatalf("line %d: %v; standard error: %s", turn.number, err, p.lastWords())
		}
		var want, have any
		if err := json.Unmarshal(turn.line, &want); err != nil {
			t.Fatalf("line %d: %v", turn.number, err)
		}
		if err := json.Unmarshal(got, &have); err != nil {
			t.Fatalf("line %d: it said %q: %v", turn.number, got, err)
		}
		if at, ok := covers(want, have, ""); !ok {
			t.Fatalf("line %d differs at %q\nwant %s\n got %s", turn.number, at, turn.line, got)
		}
	}
	p.closeInput()
	if !p.wait(patience, func(line []byte) { t.Errorf("at the end it said %s", line) }) {
		t.Fatal("the program goes on")
	}
	if code := p.child.ExitCode(); code != 0 {
		t.Errorf("it ended with %d: %s", code, p.lastWords())
	}
}

// covers reports whether have is want with more fields at most, or where it is
// not.
func covers(want, have any, at string) (string, bool) {
	if want == "*" {
		return at, have != nil
	}
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			return at, false
		}
		for key, value := range w {
			if where, ok := covers(value, h[key], at+"/"+key); !ok {
				return where, false
			}
		}
		return "", true
	case []any:
		h, ok := have.([]any)
		if !ok || len(h) != len(w) {
			return at, false
		}
		for i := range w {
			if where, ok := covers(w[i], h[i], fmt.Sprint(at, "/", i)); !ok {
				return where, false
			}
		}
		return "", true
	}
	return at, reflect.DeepEqual(want, have)
}

// The transcripts show every method, notification and capability, and nothing
// that the types of the protocol do not have; "extra-fields" says what it adds.
func TestTranscriptsAreTheProtocol(t *testing.T) {
	params := map[string]any{
		protocol.MethodInitialize: protocol.Initialize{}, protocol.MethodDescribe: struct{}{}, protocol.MethodShutdown: struct{}{},
		protocol.MethodEvaluate: protocol.StepParams{}, protocol.MethodExecute: protocol.StepParams{}, protocol.MethodServices: protocol.NameParams{},
		protocol.MethodPatches: protocol.NameParams{}, protocol.MethodRunHook: protocol.HookParams{}, protocol.MethodSecrets: protocol.SecretsParams{},
		protocol.MethodStack: protocol.NameParams{}, protocol.MethodPolicy: protocol.PolicyParams{}, protocol.MethodCommand: protocol.CommandParams{},
		protocol.NotifyCancel: protocol.CancelParams{}, protocol.NotifyLog: protocol.LogParams{}, protocol.NotifyProgress: protocol.ProgressParams{},
		protocol.NotifyOutput: protocol.OutputParams{},
	}
	results := map[string]any{
		protocol.MethodInitialize: protocol.Initialized{}, protocol.MethodDescribe: protocol.Description{}, protocol.MethodShutdown: struct{}{},
		protocol.MethodEvaluate: protocol.Evaluation{}, protocol.MethodExecute: struct{}{}, protocol.MethodServices: protocol.Services{},
		protocol.MethodPatches: protocol.Patches{}, protocol.MethodRunHook: struct{}{}, protocol.MethodSecrets: protocol.Secrets{},
		protocol.MethodStack: protocol.Stack{}, protocol.MethodPolicy: protocol.PolicyResult{}, protocol.MethodCommand: protocol.CommandResult{},
	}
	seen := map[string]bool{}
	all := readTranscripts(t)
	for name, turns := range all {
		asked := map[string]string{} // id → method
		for _, turn := range turns {
			where := fmt.Sprintf("%s.txt:%d", name, turn.number)
			strict := name != "extra-fields"
			var m protocol.Message
			decode(t, where, turn.line, &m, strict)
			switch {
			case m.Method != "":
				seen[m.Method] = true
				asked[string(m.ID)] = m.Method
				if p, known := params[m.Method]; known {
					decode(t, where, m.Params, reflect.New(reflect.TypeOf(p)).Interface(), strict)
				} else if !strings.HasPrefix(name, "unknown-") {
					t.Errorf("%s: %s is no method", where, m.Method)
				}
			case m.Error == nil:
				decode(t, where, m.Result, reflect.New(reflect.TypeOf(results[asked[string(m.ID)]])).Interface(), strict)
			}
		}
	}
	for method := range params {
		if !seen[method] {
			t.Errorf("no transcript has %s", method)
		}
	}
	for _, c := range protocol.Capabilities() {
		family, _, _ := strings.Cut(string(c), "/")
		if _, ok := all[family]; !ok {
			t.Errorf("there is no transcript %s.txt", family)
		}
	}
}

func decode(t *testing.T, where string, data []byte, into any, strict bool) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(into); err != nil {
		t.Errorf("%s: %T: %v", where, into, err)
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		want, have string
		ok         bool
	}{
		{`{"a":1}`, `{"a":1,"b":2}`, true},
		{`{"a":1,"b":2}`, `{"a":1}`, false},
		{`{"a":"*"}`, `{"a":{"b":1}}`, true},
		{`{"a":"*"}`, `{}`, false},
		{`[1,2]`, `[1,2,3]`, false},
		{`[{"a":1}]`, `[{"a":2}]`, false},
		{`{"a":{}}`, `{"a":[]}`, false},
	} {
		var want, have any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(c.have), &have); err != nil {
			t.Fatal(err)
		}
		if _, ok := covers(want, have, ""); ok != c.ok {
			t.Errorf("%s covers %s: %t", c.want, c.have, ok)
		}
	}
}
