package conformance

import (
	"os"
	"regexp"
	"testing"
)

// TestTheReadmesManifest keeps the manifest that newcomers copy a right one.
func TestTheReadmesManifest(t *testing.T) {
	text, err := os.ReadFile("../../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) == 0 {
		t.Fatal("README.md shows no manifest")
	}
	for _, block := range blocks {
		p := newProject(t, string(block[1]))
		if status, stdout, stderr := p.devpm(t, "manifest", "validate"); status != 0 {
			t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
		}
	}
}
