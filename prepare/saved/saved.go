// Package saved is a plan in a file: what it was made from, what it says, and
// what is different now.
//
// It carries nothing out and looks at nothing. A saved plan holds no actions:
// whoever applies it plans again and compares, so the worst that a forged file
// can do is to be refused. It reads and writes bytes, not files.
package saved

import (
	"bytes"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/schema"
)

// Version is the `saved_plan_version` of the form (schema/savedplan.v1.json).
const Version = 1

// signature is how every saved plan begins, so that one can be told from any
// other file.
var signature = []byte("{\n  \"saved_plan_version\": ")

// Plan is the content of a saved plan.
type Plan struct {
	Version int             `json:"saved_plan_version"`
	Devpm   string          `json:"devpm"` // version that saved it
	Project Project         `json:"project"`
	Options Options         `json:"options"`
	KeyID   string          `json:"key"` // names the key of the hashes, without giving it away
	Inputs  []Input         `json:"inputs"`
	Plan    json.RawMessage `json:"plan"` // as plan.v1.json
	Seal    string          `json:"seal"` // HMAC over everything else
}

// Project is whose plan it is.
type Project struct {
	Directory string `json:"directory"` // absolute, without symbolic links
	Name      string `json:"name"`      // Compose's
}

// Options are the flags and arguments that shaped the plan.
type Options struct {
	Scenario      string   `json:"scenario"`              // --scenario
	Ports         string   `json:"ports"`                 // --ports
	BuildDate     string   `json:"build_date"`            // --odoo-build-date
	AcceptDrift   []string `json:"accept_database_drift"` // --accept-database-drift
	Services      []string `json:"services"`
	Profiles      []string `json:"profiles"`
	Args          []string `json:"args"` // for odoo-bin
	Build         bool     `json:"build"`
	ForceRecreate bool     `json:"force_recreate"`
	SkipStart     bool     `json:"skip_start"`
	NoGitUpdate   bool     `json:"no_git_update"`
	Update        bool     `json:"update"`
	Locked        bool     `json:"locked"`
	BuildImage    bool     `json:"build_image,omitempty"`
	PushImage     bool     `json:"push_image,omitempty"` // --image-push
	ImageTag      string   `json:"image_tag,omitempty"`  // --image-tag
	Offline       bool     `json:"offline,omitempty"`
	Vendor        string   `json:"vendor,omitempty"` // --vendor, absolute
}

// Key makes the hashes of inputs and the seal. It is secret: with it a short
// secret could be found by trying.
type Key []byte

// Hash is the keyed hash of a content, in hex.
func (k Key) Hash(content []byte) string {
	return prepare.KeyedHash(k, content)
}

// ID names the key; "" when there is none.
func (k Key) ID() string {
	if len(k) == 0 {
		return ""
	}
	return k.Hash([]byte("devpm key id"))[:16]
}

func (k Key) seal(p Plan) (string, error) {
	p.Seal = ""
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("sealing the plan: %w", err)
	}
	return k.Hash(text), nil
}

// Encode writes a plan with its seal. The same values give the same bytes. The
// diffs of files stay out: they show what only the project's own files should.
func Encode(p Plan, of *prepare.Plan, k Key) ([]byte, error) {
	text, err := json.Marshal(k.keyed(of))
	if err != nil {
		return nil, fmt.Errorf("saving the plan: %w", err)
	}
	p.Version, p.KeyID, p.Plan = Version, k.ID(), text
	for _, list := range []*[]string{&p.Options.Services, &p.Options.Profiles, &p.Options.Args} {
		*list = append([]string{}, *list...)
	}
	p.Inputs = append([]Input{}, p.Inputs...)
	if p.Seal, err = k.seal(p); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("saving the plan: %w", err)
	}
	return b.Bytes(), nil
}

var contentHash = regexp.MustCompile(`^[0-9a-f]{12}$`)

// keyed is a plan as it is saved: without diffs and inputs, with every hash of a
// content keyed, and without a word of trust. That is decided between plan and
// up, and says nothing of what a step does.
func (k Key) keyed(of *prepare.Plan) *prepare.Plan {
	out := *of
	out.Diffs = nil
	out.Steps = slices.Clone(of.Steps)
	for i := range out.Steps {
		s := &out.Steps[i]
		s.Inputs, s.Cause = nil, slices.Clone(s.Cause)
		s.Untrusted, s.Reason = false, strings.TrimSuffix(s.Reason, prepare.UntrustedReason)
		for j := range s.Cause {
			c := &s.Cause[j]
			for _, value := range []*string{&c.Old, &c.New} {
				if contentHash.MatchString(*value) && !strings.HasPrefix(c.Key, "repository ") {
					*value = k.Hash([]byte(*value))[:12]
				}
			}
		}
	}
	return &out
}

// The ways in which a file is not a plan that can be used. The first three are
// about the file, the last about who reads it.
var (
	ErrNotAPlan = errors.New("it is not a saved plan")
	ErrDamaged  = errors.New("it was cut or changed after it was saved")
	ErrVersion  = errors.New("it has another version")
	ErrKey      = errors.New("it was saved with another key")
)

// Is reports whether a content is a saved plan, by its first bytes.
func Is(content []byte) bool { return bytes.HasPrefix(content, signature) }

// Decode reads a saved plan. The error is one of the errors above; with
// ErrVersion the plan's version is set.
func Decode(content []byte, k Key) (Plan, error) {
	var head struct {
		Version int `json:"saved_plan_version"`
	}
	if !Is(content) {
		return Plan{}, ErrNotAPlan
	}
	if json.Unmarshal(content, &head) != nil {
		return Plan{}, ErrDamaged
	}
	if head.Version != Version {
		return Plan{Version: head.Version}, ErrVersion
	}
	var value any
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	if d.Decode(&value) != nil || len(schema.SavedPlan().Validate(value)) > 0 {
		return Plan{}, ErrDamaged
	}
	var p Plan
	if json.Unmarshal(content, &p) != nil {
		return Plan{}, ErrDamaged
	}
	if p.KeyID != k.ID() {
		return p, ErrKey
	}
	sealed, err := k.seal(p)
	if err != nil || !hmac.Equal([]byte(sealed), []byte(p.Seal)) {
		return Plan{}, ErrDamaged
	}
	return p, nil
}
