package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

func TestPrintWritesWhatPeopleEdit(t *testing.T) {
	const text = `{
  "manifest_schema": 2,
  "services": {
    "web": {
      "image": "a\"b\\c<&>é",
      "command": ["sh", "-c", "exit 0"],
      "environment": {"A": "1", "B": null, "C": 1.50, "D": true},
      "ports": [],
      "labels": [
        "a label that is so long that the list of labels does not fit on one line of this file",
        "and another"
      ]
    }
  }
}
`
	var c diag.Collector
	d := manifest.Parse("odpm.json", []byte(text), &c)
	if d == nil {
		t.Fatal(report(&c))
	}
	if diff := cmp.Diff(text, string(manifest.Print(d.Root))); diff != "" {
		t.Error(diff)
	}
}
