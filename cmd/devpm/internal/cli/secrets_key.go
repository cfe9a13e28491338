package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest/secrets"
	"github.com/devpm/devpm/prepare"
)

const (
	keyFile  = "key"          // in devpm's state directory: what hashes of secrets are made with
	usedFile = "secrets.json" // in the project's: hashes of the values that generated files hold
	keySize  = 32
)

// readHashKey returns this user's key; nil when there is none yet. Planning
// makes none: it writes nothing.
func readHashKey(app *App, home string) []byte {
	key, err := os.ReadFile(filepath.Join(stateRoot(app, home), keyFile))
	if err != nil || len(key) != keySize {
		return nil
	}
	return key
}

// makeHashKey returns this user's key and makes it first where it is missing, for
// all runs that want one at the same time.
func makeHashKey(ctx context.Context, app *App, home string) (key []byte, err error) {
	if key := readHashKey(app, home); key != nil {
		return key, nil
	}
	file := filepath.Join(stateRoot(app, home), keyFile)
	err = fsx.Update(ctx, file, 0o600, func(old []byte) ([]byte, error) {
		if key = old; len(old) != keySize {
			key = make([]byte, keySize)
			_, err := rand.Read(key)
			return key, err
		}
		return old, nil
	})
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, writeFault(file, err)
	}
	return key, nil
}

// usedSecrets tells, by keyed hash, which values generated files may hold: what
// the last finished run used, and what runs used that did not finish.
type usedSecrets map[string][]string

func (p *project) usedPath() string { return filepath.Join(p.stateDir, usedFile) }

func (p *project) usedSecrets() (used usedSecrets, known bool) {
	text, err := os.ReadFile(p.usedPath())
	if err != nil || json.Unmarshal(text, &used) != nil {
		return nil, false
	}
	return used, true
}

func (s *projectSecrets) hash(key, value string) string {
	return prepare.KeyedHash(s.key, []byte(key+"\x00"+value))
}

// staleSecrets reports whether generated files may hold values that are not
// among those of now: then nothing can take them out of an old text.
func (p *project) staleSecrets() bool {
	used, known := p.usedSecrets()
	if !known {
		return p.closedNow(documentName)
	}
	for key, hashes := range used {
		for _, hash := range hashes {
			if !p.secrets.knows(key, hash) {
				return true
			}
		}
	}
	return false
}

// knows reports whether a value with that hash is masked in this run.
func (s *projectSecrets) knows(key, hash string) bool {
	for _, f := range []*secrets.File{s.file, s.old} {
		if f == nil {
			continue
		}
		if value, ok := f.Values[key]; ok && s.hash(key, value) == hash {
			return true
		}
	}
	return false
}

// noteSecrets keeps the hashes of the values of this run: beside those of runs
// before it while it is going on, in place of them when it has finished.
func (p *project) noteSecrets(finished bool) error {
	before, known := p.usedSecrets()
	used := usedSecrets{}
	if !finished {
		maps.Copy(used, before)
	}
	for key, value := range p.secretValues() {
		if hash := p.secrets.hash(key, value); !slices.Contains(used[key], hash) {
			used[key] = append(slices.Clone(used[key]), hash)
		}
	}
	if !known && len(used) == 0 {
		return nil
	}
	text, err := json.Marshal(used)
	if err != nil {
		return fmt.Errorf("noting the secrets in use: %w", err)
	}
	if err := os.MkdirAll(p.stateDir, 0o700); err != nil {
		return writeFault(p.stateDir, err)
	}
	if err := fsx.WriteFileAtomic(p.usedPath(), text, 0o600); err != nil {
		return writeFault(p.stateDir, err)
	}
	return nil
}
