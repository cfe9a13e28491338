package view

import (
	"bytes"
	"strings"
	"testing"

	"github.com/devpm/devpm/prepare/apply"
)

// TestAFailureHasACode also where what failed has none of its own.
func TestAFailureHasACode(t *testing.T) {
	var b bytes.Buffer
	p := Printer{W: &b}
	p.Failure(&apply.StepError{Step: "compose.up", Reason: "it ended with status 1", Done: []string{"hooks.pre_up"}, Next: "run again"})
	want := "devpm: failed in compose.up\nerror DPM3013: step compose.up failed: it ended with status 1\n1 error\ndone:  hooks.pre_up\nnext:  run again\n"
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
	b.Reset()
	p.Failure(&apply.StepError{Step: "compose.up", Reason: "interrupted", Interrupted: true})
	if strings.Contains(b.String(), "DPM") {
		t.Errorf("%s", b.String())
	}
}
