package engine

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// Status is how far something is.
type Status string

// The statuses.
const (
	Working Status = "working"
	Done    Status = "done"
	Warned  Status = "warning"
	Failed  Status = "error"
)

// Event is one report of a running Compose command: about a resource (Kind and
// Name are set) or a line of output (only Line is set).
type Event struct {
	Kind    string // "container", "image", "network", "volume", "build step", …
	Name    string // "shop-web-1"
	Status  Status
	Text    string // what happens, in Compose's word: "Creating", "Started"
	Details string
	Parent  string // the resource that this one is a part of, as "Image postgres:15"
	Current int64  // bytes of Total; both 0 when unknown
	Total   int64
	Percent int
	Line    string
	Level   string // of a Line: "" , "warning", "error"
}

// progressReader turns lines of Compose's output into events: JSON from 2.29
// on, build steps from BuildKit, plain lines from older versions. It keeps what
// a failure message needs.
type progressReader struct {
	mu     sync.Mutex
	emit   func(Event)
	last   Event
	steps  map[string]string // digest of a build step → name
	errors []string          // messages that Compose called errors
	images []string          // that could not be had
	kept   []string          // last lines for people
}

func newProgressReader(emit func(Event)) *progressReader {
	return &progressReader{emit: emit, steps: map[string]string{}}
}

// message is every form of JSON line that Compose prints.
type message struct {
	ID       string `json:"id"`
	ParentID string `json:"parent_id"`
	Status   string `json:"status"`
	Text     string `json:"text"`
	Details  string `json:"details"`
	Current  int64  `json:"current"`
	Total    int64  `json:"total"`
	Percent  int    `json:"percent"`

	Error   bool   `json:"error"`
	Message string `json:"message"`

	Level string `json:"level"` // a log line: msg
	Msg   string `json:"msg"`

	Vertexes []struct {
		Digest    string `json:"digest"`
		Name      string `json:"name"`
		Started   string `json:"started"`
		Completed string `json:"completed"`
		Cached    bool   `json:"cached"`
		Error     string `json:"error"`
	} `json:"vertexes"`
	Logs []struct {
		Vertex string `json:"vertex"`
		Data   string `json:"data"`
	} `json:"logs"`
	Statuses []json.RawMessage `json:"statuses"`
}

func (p *progressReader) line(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := strings.TrimSpace(line)
	if text == "" {
		return
	}
	var m message
	if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &m) == nil && p.message(m) {
		return
	}
	if e, ok := plainEvent(text); ok {
		p.resource(e)
		return
	}
	p.keep(text)
	p.emit(Event{Line: text})
}

// message reports whether the JSON line was understood.
func (p *progressReader) message(m message) bool {
	switch {
	case m.Error:
		text := strings.TrimSpace(m.Message)
		p.errors = append(p.errors, text)
		if p.last.Status == Failed && p.last.Details != "" && strings.Contains(text, p.last.Details) {
			break // said already, of the resource that it is about
		}
		p.keep(text)
		p.emit(Event{Line: text, Level: "error"})
	case m.ID != "":
		kind, name := splitResource(m.ID)
		parent := m.ParentID
		status := Status(strings.ToLower(m.Status))
		if status == "" {
			status = statusOf(m.Text)
		}
		p.resource(Event{
			Kind: kind, Name: name, Status: status, Text: m.Text, Details: m.Details, Parent: parent,
			Current: m.Current, Total: m.Total, Percent: m.Percent,
		})
	case m.Msg != "":
		p.keep(m.Msg)
		p.emit(Event{Line: m.Msg, Level: m.Level})
	case m.Vertexes != nil || m.Logs != nil || m.Statuses != nil:
		p.build(m)
	default:
		return false
	}
	return true
}

// build reports BuildKit's steps and their output.
func (p *progressReader) build(m message) {
	for _, v := range m.Vertexes {
		p.steps[v.Digest] = v.Name
		e := Event{Kind: "build step", Name: v.Name}
		switch {
		case strings.HasSuffix(v.Error, "context canceled"):
			continue // another step failed
		case v.Error != "":
			e.Status, e.Text, e.Details = Failed, "Error", v.Error
		case v.Cached:
			e.Status, e.Text = Done, "Cached"
		case v.Completed != "":
			e.Status, e.Text = Done, "Done"
		case v.Started != "":
			e.Status, e.Text = Working, "Running"
		default:
			continue
		}
		p.resource(e)
	}
	for _, l := range m.Logs {
		data, err := base64.StdEncoding.DecodeString(l.Data)
		if err != nil {
			continue
		}
		for line := range nonEmptyLines(string(data)) {
			p.keep(line)
			p.emit(Event{Kind: "build step", Name: p.steps[l.Vertex], Line: line})
		}
	}
}

// resource passes an event on unless it repeats the last one, as Compose's do.
func (p *progressReader) resource(e Event) {
	if e == p.last {
		return
	}
	p.last = e
	if e.Status == Failed && e.Kind == "image" && !slices.Contains(p.images, e.Name) {
		p.images = append(p.images, e.Name)
	}
	if e.Status == Failed && e.Details != "" {
		p.keep(e.Kind + " " + e.Name + ": " + e.Details)
	}
	p.emit(e)
}

func (p *progressReader) keep(line string) {
	if len(p.kept) == tailLines {
		p.kept = append(p.kept[:0], p.kept[1:]...)
	}
	p.kept = append(p.kept, line)
}

// kinds are the words that Compose starts a resource's id with.
var kinds = []string{"Container", "Image", "Network", "Volume", "Service", "Config", "Secret", "Model"}

// splitResource splits "Container shop-web-1". Layers of an image have no kind.
func splitResource(id string) (kind, name string) {
	word, rest, ok := strings.Cut(strings.TrimSpace(id), " ")
	for _, k := range kinds {
		if ok && word == k {
			return strings.ToLower(k), strings.Trim(strings.TrimSpace(rest), `"`)
		}
	}
	return "layer", strings.TrimSpace(id)
}

// plainEvent reads "Container shop-web-1  Started", the form before JSON.
func plainEvent(line string) (Event, bool) {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return Event{}, false
	}
	kind, name := splitResource(fields[0] + " " + fields[1])
	if kind == "layer" {
		return Event{}, false
	}
	return Event{Kind: kind, Name: name, Text: fields[2], Status: statusOf(fields[2])}, true
}

// statusOf judges Compose's word for what happens.
func statusOf(text string) Status {
	switch {
	case strings.HasPrefix(text, "Error"), strings.HasPrefix(text, "Unhealthy"):
		return Failed
	case strings.HasPrefix(text, "Warning"):
		return Warned
	case strings.HasSuffix(text, "ing") && text != "Running", strings.HasPrefix(text, "Recreate") && text != "Recreated":
		return Working
	default:
		return Done
	}
}
