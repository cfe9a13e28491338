package compose

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"

	"github.com/devpm/devpm/diag"
)

// DocumentFile is the name of the generated document, beside the manifest.
const DocumentFile = "docker-compose.yml"

// LoadCheck runs Compose's whole loader over a document, as `docker compose`
// will: with an empty environment, so that only the document decides. A fault
// is placed where m says the value was written; m may be nil. The loader reads
// what the document names (env_file) below workingDir. A model without services
// is Check's to judge: nothing will hand it to Compose.
func LoadCheck(ctx context.Context, yaml []byte, workingDir string, m *Model, c *diag.Collector) {
	name := ""
	if m != nil {
		if len(m.services.members) == 0 {
			return
		}
		name = m.input.ProjectName
	}
	_, err := LoadProject(ctx, yaml, workingDir, name)
	if err == nil {
		return
	}
	for _, message := range loaderMessages(err, workingDir) {
		path, at := "", diag.Range{File: DocumentFile}
		if m != nil {
			if p, r, ok := m.locate(message); ok {
				path, at = p, place(r, at)
			}
		}
		c.Add(diag.Diagnostic{
			Code: diag.DocumentRefused, Range: at, Path: path,
			Message: "Compose does not accept the document: " + withoutPath(message),
			Fix:     "change the value that Compose names; `devpm explain PATH` says where it comes from",
		})
	}
}

var silenceLoader = sync.OnceFunc(func() {
	// The loader logs through a global logger, into our output otherwise.
	logrus.SetOutput(io.Discard)
})

// LoadProject reads a document as Compose does, all profiles included. The
// name is the project's when the document has none; "" is "devpm".
func LoadProject(ctx context.Context, yaml []byte, workingDir, name string) (*types.Project, error) {
	return LoadFile(ctx, DocumentFile, yaml, types.Mapping{}, workingDir, name)
}

// LoadFile is LoadProject for any Compose file, interpolated with env.
func LoadFile(ctx context.Context, file string, yaml []byte, env map[string]string, workingDir, name string) (*types.Project, error) {
	silenceLoader()
	if name == "" {
		name = "devpm"
	}
	project, err := loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir:  workingDir,
		ConfigFiles: []types.ConfigFile{{Filename: file, Content: yaml}},
		Environment: env,
	}, func(o *loader.Options) {
		o.SetProjectName(name, true)
		o.Profiles = []string{"*"}
		// The cap is meant for files from strangers; ours grows with the manifest.
		o.MaxNodeVisits = max(100_000, len(yaml))
	})
	if err != nil {
		return nil, fmt.Errorf("loading %s: %w", file, err)
	}
	return project, nil
}

// loaderMessages is the loader's error, split where it joins several, without
// the wrapping that says nothing to a user.
func loaderMessages(err error, workingDir string) []string {
	text := strings.TrimPrefix(err.Error(), "loading "+DocumentFile+": ")
	for _, prefix := range []string{
		"validating " + DocumentFile + ": ",
		"validating " + strings.TrimSuffix(workingDir, "/") + "/" + DocumentFile + ": ",
	} {
		text = strings.TrimPrefix(text, prefix)
	}
	text = strings.TrimSuffix(text, ": invalid compose project")
	var out []string
	if _, list, joined := strings.Cut(text, "the following error(s):"); joined {
		for line := range strings.Lines(list) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
	}
	if len(out) == 0 {
		out = []string{strings.Join(strings.Fields(text), " ")}
	}
	return out
}

// The ways in which the loader says where a fault is.
var (
	quotedPath   = regexp.MustCompile(`^'(services|volumes|networks|configs)\[([^\]]+)\](\S*)' `)
	leadingPath  = regexp.MustCompile(`^((?:services|volumes|networks|configs)\.[^\s:]+):? `)
	namedService = regexp.MustCompile(`\bservice (?:"([^"]+)"|([A-Za-z0-9][A-Za-z0-9._-]*))`)
)

// withoutPath drops the place from a message that starts with it.
func withoutPath(message string) string {
	for _, form := range []*regexp.Regexp{quotedPath, leadingPath} {
		if at := form.FindStringIndex(message); at != nil {
			return message[at[1]:]
		}
	}
	return message
}

// locate finds the value that a loader's message is about: by the path that it
// starts with, as far as that exists, or by the service that it names.
func (m *Model) locate(message string) (path string, at diag.Range, ok bool) {
	var steps []step
	if p := quotedPath.FindStringSubmatch(message); p != nil {
		steps = append([]step{{text: p[1], kind: '.'}, {text: p[2], kind: '"'}}, splitPath(strings.TrimPrefix(p[3], "."))...)
	} else if p := leadingPath.FindStringSubmatch(message); p != nil {
		steps = splitPath(p[1])
	}
	for n := len(steps); n > 1; n-- {
		if p, r, ok := m.placed(steps[:n]); ok {
			return p, r, true
		}
	}
	if s := namedService.FindStringSubmatch(message); s != nil {
		return m.placed([]step{{text: "services", kind: '.'}, {text: s[1] + s[2], kind: '"'}})
	}
	return "", diag.Range{}, false
}

// placed is where the value at a path is written, or the nearest thing around it.
func (m *Model) placed(steps []step) (string, diag.Range, bool) {
	l, ok := find(m.root, "", steps)
	if !ok {
		return "", diag.Range{}, false
	}
	at := l.value.rng()
	for n := len(steps) - 1; n > 0 && at == (diag.Range{}); n-- {
		if outer, ok := find(m.root, "", steps[:n]); ok {
			at = outer.value.rng()
		}
	}
	return l.path, at, true
}
