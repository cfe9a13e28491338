package saved

import (
	"encoding/json"
	"fmt"

	"github.com/devpm/devpm/prepare"
)

// StepDifference is a step that two plans judge differently. An empty outcome
// means that the plan has no such step.
type StepDifference struct {
	ID                   string
	OldOutcome, OldWhy   string
	NewOutcome, NewWhy   string
	OldCauses, NewCauses []string
}

// Difference is what two plans do not agree on.
type Difference struct {
	Steps []StepDifference
	Files []prepare.FileDiff // changes of files that the old plan does not have, or has otherwise
}

// Empty reports whether the plans agree.
func (d Difference) Empty() bool { return len(d.Steps) == 0 && len(d.Files) == 0 }

// document is the part of plan.v1.json that is compared.
type document struct {
	Steps []struct {
		ID      string          `json:"id"`
		Outcome prepare.Outcome `json:"outcome"`
		Reason  string          `json:"reason"`
		Cause   []struct {
			Key, Old, New string
		} `json:"cause"`
	} `json:"steps"`
}

// Compare tells the saved plan and one of now apart. The reason of a step that
// does nothing is no difference, nor are places in files.
func (p Plan) Compare(now *prepare.Plan, k Key) (Difference, error) {
	keyed := k.keyed(now)
	text, err := json.Marshal(keyed)
	if err != nil {
		return Difference{}, fmt.Errorf("comparing the plans: %w", err)
	}
	var old, cur document
	for _, doc := range []struct {
		text []byte
		into *document
	}{{p.Plan, &old}, {text, &cur}} {
		if err := json.Unmarshal(doc.text, doc.into); err != nil {
			return Difference{}, fmt.Errorf("comparing the plans: %w", err)
		}
	}
	return old.difference(cur, now.Diffs), nil
}

func (old document) difference(cur document, diffs []prepare.FileDiff) (out Difference) {
	var order []string
	at := map[string]*StepDifference{}
	get := func(id string) *StepDifference {
		if at[id] == nil {
			at[id] = &StepDifference{ID: id}
			order = append(order, id)
		}
		return at[id]
	}
	for _, s := range cur.Steps {
		d := get(s.ID)
		d.NewOutcome, d.NewWhy = string(s.Outcome), s.Reason
		for _, c := range s.Cause {
			d.NewCauses = append(d.NewCauses, c.Key+": "+c.Old+" → "+c.New)
		}
	}
	for _, s := range old.Steps {
		d := get(s.ID)
		d.OldOutcome, d.OldWhy = string(s.Outcome), s.Reason
		for _, c := range s.Cause {
			d.OldCauses = append(d.OldCauses, c.Key+": "+c.Old+" → "+c.New)
		}
	}
	for _, id := range order {
		if d := at[id]; d.differs() {
			out.Steps = append(out.Steps, *d)
		}
	}
	// A step's cause names a file with the hash of its content, so the diffs
	// themselves need not be kept.
	had := map[string]bool{}
	for _, s := range old.Steps {
		for _, c := range s.Cause {
			had[c.Key+"\n"+c.Old+"\n"+c.New] = true
		}
	}
	changed := map[string]bool{}
	for _, s := range cur.Steps {
		for _, c := range s.Cause {
			changed[c.Key] = changed[c.Key] || !had[c.Key+"\n"+c.Old+"\n"+c.New]
		}
	}
	for _, d := range diffs {
		if changed[d.Path] {
			out.Files = append(out.Files, d)
		}
	}
	return out
}

func works(outcome string) bool {
	return outcome == string(prepare.Run) || outcome == string(prepare.Update)
}

func (d StepDifference) differs() bool {
	switch {
	case d.OldOutcome != d.NewOutcome:
		return works(d.OldOutcome) || works(d.NewOutcome)
	case !works(d.NewOutcome):
		return false
	}
	same := len(d.OldCauses) == len(d.NewCauses) && d.OldWhy == d.NewWhy
	for i := range min(len(d.OldCauses), len(d.NewCauses)) {
		same = same && d.OldCauses[i] == d.NewCauses[i]
	}
	return !same
}

// Added lists the steps that the plan of now would carry out and the saved one
// would not: `up --plan` stops before them (design §7, Plan).
func (d Difference) Added() []StepDifference {
	var out []StepDifference
	for _, s := range d.Steps {
		if works(s.NewOutcome) && !works(s.OldOutcome) {
			out = append(out, s)
		}
	}
	return out
}
