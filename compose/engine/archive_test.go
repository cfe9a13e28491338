package engine

import (
	"archive/tar"
	"bytes"
	"testing"
)

func archiveOf(t *testing.T, files ...string) *bytes.Reader {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(out.Bytes())
}

func TestCheckArchive(t *testing.T) {
	const mine = `[{"RepoTags": ["postgres:16"]}]`
	for name, tt := range map[string]struct {
		files []string
		image string
		good  bool
	}{
		"its own image":          {[]string{"manifest.json", mine}, "postgres:16", true},
		"under its long name":    {[]string{"manifest.json", mine}, "docker.io/library/postgres:16", true},
		"without a tag":          {[]string{"manifest.json", `[{"RepoTags": ["a/b:latest"]}]`}, "a/b", true},
		"another tag":            {[]string{"manifest.json", mine}, "postgres:15", false},
		"one more name":          {[]string{"manifest.json", `[{"RepoTags": ["postgres:16", "busybox:latest"]}]`}, "postgres:16", false},
		"two images":             {[]string{"manifest.json", `[{"RepoTags": ["postgres:16"]}, {"RepoTags": []}]`}, "postgres:16", false},
		"another in the index":   {[]string{"manifest.json", mine, "index.json", `{"manifests": [{"annotations": {"io.containerd.image.name": "docker.io/library/busybox:latest"}}]}`}, "postgres:16", false},
		"its own in the index":   {[]string{"manifest.json", mine, "./index.json", `{"manifests": [{"annotations": {"io.containerd.image.name": "docker.io/library/postgres:16"}}]}`}, "postgres:16", true},
		"another in the oldest":  {[]string{"manifest.json", mine, "repositories", `{"busybox": {"latest": "0"}}`}, "postgres:16", false},
		"no list at all":         {[]string{"layer.tar", ""}, "postgres:16", false},
		"a list that is no list": {[]string{"manifest.json", `{}`}, "postgres:16", false},
	} {
		if err := CheckArchive(archiveOf(t, tt.files...), tt.image); (err == nil) != tt.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckArchive(bytes.NewReader([]byte("this is no archive, however long one looks at it")), "x"); err == nil {
		t.Error("no archive is taken for one")
	}
}
