package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest"
)

// fault is one thing that is wrong with an answer: where, as a JSON pointer,
// what, and what to do.
type fault struct{ pointer, message, fix string }

type faults []fault

func (f *faults) add(pointer, message, fix string) { *f = append(*f, fault{pointer, message, fix}) }

// maxFaults bounds what is said about one answer.
const maxFaults = 20

// Grammars of names (spec §8.1, §12; docs/protocol).
var (
	idPattern      = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`)
	servicePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

// Limits of one answer.
const (
	maxName          = 200
	maxRegistrations = 1000
	maxFindings      = 1000 // and notices, and causes
)

var outcomes = []string{"run", "update", "noop", "skip"}

// OutputName is how the answers of an extension to a method are called where a
// file would be: "extension mailpit: compose.services".
func OutputName(extension, method string) string { return "extension " + extension + ": " + method }

// misshapen makes a failure of faults of an answer, each with its place.
func (s *Session) misshapen(method string, raw jsontext.Value, found ...fault) *Failure {
	file := OutputName(s.program.Name, method)
	doc := &manifest.Document{File: file, Source: raw}
	var c diag.Collector
	doc.Root = manifest.ReadJSON(file, raw, &c)
	f := s.fail(method, diag.ExtensionShape, "", "")
	for i, one := range found[:min(len(found), maxFaults)] {
		d := diag.Diagnostic{Code: diag.ExtensionShape, Range: diag.Range{File: file}, Fix: one.fix,
			Message: "the extension " + s.program.Name + " gave an answer to " + method + " that cannot be used: " + one.message}
		if doc.Root != nil {
			d.Range = doc.Range(one.pointer)
			d.Path = dotted(one.pointer)
		}
		if i == 0 {
			f.Diagnostic = d
		} else {
			f.Others = append(f.Others, d)
		}
	}
	return f
}

// dotted is a JSON pointer as users read paths.
func dotted(pointer string) string {
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	var parts []string
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		parts = append(parts, unescape.Replace(token))
	}
	return strings.Join(parts, ".")
}

// token escapes a key for a JSON pointer.
func token(key string) string { return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// typeFault words a value of the wrong type.
func typeFault(err error) fault {
	const fix = "see docs/protocol for the shape of the answer"
	var semantic *strict.SemanticError
	if !errors.As(err, &semantic) {
		return fault{"", "it has not the shape of the protocol", fix}
	}
	if semantic.JSONPointer == "" {
		return fault{"", "it is " + kindWords(semantic.JSONKind) + ", not an object", fix}
	}
	return fault{string(semantic.JSONPointer), "there is " + kindWords(semantic.JSONKind) + " where another type is expected", fix}
}

func kindWords(k jsontext.Kind) string {
	switch k {
	case jsontext.KindNull:
		return "null"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "a boolean"
	case jsontext.KindString:
		return "a string"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindBeginObject, jsontext.KindEndObject:
		return "an object"
	default:
		return "a list"
	}
}

// name checks a name by a grammar.
func (f *faults) name(pointer, what, name string, pattern *regexp.Regexp) {
	switch {
	case name == "":
		f.add(pointer, what+" is empty", "give it a name")
	case len(name) > maxName:
		f.add(pointer, fmt.Sprintf("%s has %d characters; %d are allowed", what, len(name), maxName), "choose a shorter name")
	case !pattern.MatchString(name):
		f.add(pointer, fmt.Sprintf("%s %q has a character or form that is not allowed", what, name),
			"use letters, digits, dots, dashes and underscores, such as mycompany.custom.step")
	}
}

func checkDescription(d *protocol.Description, s *Session) faults {
	var f faults
	if len(d.Registrations) > maxRegistrations {
		f.add("/registrations", fmt.Sprintf("there are %d registrations; %d are allowed", len(d.Registrations), maxRegistrations), "register less")
		return f
	}
	type key struct {
		kind protocol.Kind
		name string
	}
	seen := map[key]int{}
	for i := range d.Registrations {
		d.Registrations[i].Description = short(d.Registrations[i].Description, maxMessage)
		r, at := d.Registrations[i], fmt.Sprintf("/registrations/%d", i)
		if r.Kind == "" {
			f.add(at, "the kind is missing", "name the kind of each registration")
			continue
		}
		c := r.Kind.Capability()
		if c == "" {
			continue // made for a later devpm
		}
		if !s.Has(c) {
			f.add(at+"/kind", fmt.Sprintf("%q is registered, but %s is not offered", r.Kind, c), "name the capability in the answer to initialize")
		}
		f.name(at+"/name", "the name", r.Name, idPattern)
		if first, twice := seen[key{r.Kind, r.Name}]; twice {
			f.add(at+"/name", fmt.Sprintf("%s %q is registered twice, first as number %d", r.Kind, r.Name, first+1), "register each name once")
		}
		seen[key{r.Kind, r.Name}] = i
		if r.Source != "" && !insideName(r.Source) {
			f.add(at+"/source", fmt.Sprintf("the path %q leaves the extension", r.Source), "name the file relative to the extension, without ..")
		}
	}
	if len(d.Notices) > maxFindings {
		f.add("/notices", fmt.Sprintf("there are %d notices; %d are allowed", len(d.Notices), maxFindings), "sum them up")
		return f
	}
	for i := range d.Notices {
		n, at := &d.Notices[i], fmt.Sprintf("/notices/%d", i)
		n.Message, n.Fix = short(n.Message, maxMessage), short(n.Fix, maxMessage)
		if n.Severity != "warning" && n.Severity != "error" {
			f.add(at+"/severity", fmt.Sprintf("%q is no severity", n.Severity), "write warning or error")
		}
		if n.Source != "" && !insideName(n.Source) {
			f.add(at+"/source", fmt.Sprintf("the path %q leaves the extension", n.Source), "name the file relative to the extension, without ..")
		}
	}
	return f
}

func checkEvaluation(e *protocol.Evaluation) faults {
	var f faults
	if !slices.Contains(outcomes, e.Outcome) {
		f.add("/outcome", fmt.Sprintf("%q is no outcome", e.Outcome), "answer run, update, noop or skip")
	}
	if len(e.Reason) > maxMessage {
		f.add("/reason", fmt.Sprintf("the reason has %d bytes; %d are allowed", len(e.Reason), maxMessage), "say it in one line")
	}
	e.Reason = plain(e.Reason)
	if len(e.Cause) > maxFindings {
		f.add("/cause", fmt.Sprintf("there are %d causes; %d are allowed", len(e.Cause), maxFindings), "sum them up")
		return f
	}
	for i := range e.Cause {
		c := &e.Cause[i]
		c.Key, c.Old, c.New = short(c.Key, maxMessage), short(c.Old, maxMessage), short(c.New, maxMessage)
	}
	return f
}

// checkByService checks an object of objects whose keys are names of services.
func checkByService(pointer string, raw json.RawMessage) faults {
	var f faults
	var all map[string]jsontext.Value
	if len(raw) == 0 {
		f.add("", "it has no "+pointer[1:], "answer an object with the key "+pointer[1:])
		return f
	}
	if err := strict.Unmarshal(raw, &all); err != nil || all == nil {
		f.add(pointer, pointer[1:]+" is "+kindWords(jsontext.Value(raw).Kind())+", not an object", "answer an object by the names of services")
		return f
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		f.name(pointer+token(name), "the name of the service", name, servicePattern)
		if k := all[name].Kind(); k != jsontext.KindBeginObject {
			f.add(pointer+token(name), fmt.Sprintf("the service %q is %s, not an object", name, kindWords(k)), "write its settings as an object")
		}
	}
	return f
}

func checkSecrets(a *protocol.Secrets, keys []string) faults {
	var f faults
	for _, key := range slices.Sorted(maps.Keys(a.Secrets)) {
		if !slices.Contains(keys, key) {
			f.add("/secrets"+token(key), fmt.Sprintf("nobody asked for the secret %q", key), "answer only the keys of the request")
		}
	}
	return f
}

func checkStack(a *protocol.Stack) faults {
	f := checkByService("/services", a.Services)
	for _, part := range []struct {
		name string
		raw  json.RawMessage
	}{{"volumes", a.Volumes}, {"networks", a.Networks}, {"configs", a.Configs}} {
		if len(part.raw) == 0 {
			continue
		}
		if k := jsontext.Value(part.raw).Kind(); k != jsontext.KindBeginObject {
			f.add("/"+part.name, part.name+" is "+kindWords(k)+", not an object", "answer an object, or leave it away")
		}
	}
	return f
}

func checkFindings(a *protocol.PolicyResult) faults {
	var f faults
	if len(a.Findings) > maxFindings {
		f.add("/findings", fmt.Sprintf("there are %d findings; %d are allowed", len(a.Findings), maxFindings), "sum them up")
		return f
	}
	for i := range a.Findings {
		finding, at := &a.Findings[i], fmt.Sprintf("/findings/%d", i)
		if finding.Severity != "warning" && finding.Severity != "error" {
			f.add(at+"/severity", fmt.Sprintf("%q is no severity", finding.Severity), "write warning or error")
		}
		if strings.TrimSpace(finding.Message) == "" {
			f.add(at+"/message", "the message is empty", "say what is wrong")
		}
		finding.Path = short(finding.Path, maxMessage)
		finding.Message, finding.Fix = short(finding.Message, maxMessage), short(finding.Fix, maxMessage)
	}
	return f
}

func checkCommand(r *protocol.CommandResult) faults {
	var f faults
	if r.ExitCode < 0 || r.ExitCode > 255 {
		f.add("/exit_code", fmt.Sprintf("%d is no exit status", r.ExitCode), "answer a number from 0 to 255")
	}
	return f
}
