//go:build engine

package e2e

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// said is what devpm printed in one test.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) note(args []string, r result) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(&s.text, "%s\n%s\n", strings.Join(args[1:], " "), r)
}

// watchSecrets plants passwords where every user has some, in the environment
// and in ~/.odpm/.env, and looks when the test ends, after everything is taken
// down: none may stand in what devpm printed, or in a file of the project or of
// devpm's own that others can read. The scripts do the same (package main) with
// more places.
func (p *project) watchSecrets() {
	p.t.Helper()
	p.said = &said{}
	secret := "planted-secret/" + rand.Text()
	p.env = append(p.env, "HARNESS_PASSWORD="+secret)
	if err := os.MkdirAll(filepath.Join(p.home, ".odpm"), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.home, ".odpm", ".env"), []byte("HARNESS_HOME_PASSWORD="+secret+"\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
	t, dirs := p.t, []string{p.dir, filepath.Join(p.home, "state"), filepath.Join(p.home, "cache"), filepath.Join(p.home, ".cache")}
	t.Cleanup(func() {
		look := func(where, text string) {
			for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
				if strings.Contains(text, form) {
					t.Errorf("%s shows a secret as %q", where, form)
				}
			}
		}
		look("devpm", p.said.text.String())
		for _, dir := range dirs {
			filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return nil
				}
				info, err := d.Info()
				if err != nil || info.Mode()&0o077 == 0 || info.Size() > 1<<20 {
					return nil
				}
				if text, err := os.ReadFile(path); err == nil {
					look(path, string(text))
				}
				return nil
			})
		}
	})
}
