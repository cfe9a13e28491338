package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"github.com/devpm/devpm/internal/fsx"
)

// claimsName holds, in devpm's state directory, which project name belongs to
// which directory. The engine forgets a name with its last container; the
// volumes under that name are there all the same.
const claimsName = "names.json"

// claims is the content of names.json.
type claims struct {
	Version int               `json:"version"`
	Names   map[string]string `json:"names"` // project name → real path
}

// readClaims reads the claims without those of directories that are gone. What
// cannot be read claims nothing: it is written anew.
func readClaims(text []byte) claims {
	c := claims{}
	if json.Unmarshal(text, &c) != nil || c.Names == nil {
		c.Names = map[string]string{}
	}
	c.Version = 1
	maps.DeleteFunc(c.Names, func(_, dir string) bool {
		_, err := os.Stat(dir)
		return errors.Is(err, fs.ErrNotExist)
	})
	return c
}

// claimedBy is another directory that a project name belongs to, or "".
func (p *project) claimedBy(app *App, name string) string {
	text, _ := os.ReadFile(filepath.Join(stateRoot(app, p.home), claimsName)) // none: nothing is claimed
	if dir := readClaims(text).Names[name]; dir != p.realDir() {
		return dir
	}
	return ""
}

// claimName makes the project's name its own. errTaken says that another
// directory was faster; a name that has been kept since before there were claims
// stays all the same.
func (p *project) claimName(ctx context.Context, app *App, kept bool) error {
	return fsx.Update(ctx, filepath.Join(stateRoot(app, p.home), claimsName), 0o600, func(old []byte) ([]byte, error) {
		c := readClaims(old)
		switch dir := c.Names[p.name]; {
		case dir == "":
			c.Names[p.name] = p.realDir()
		case dir != p.realDir() && !kept:
			return nil, errTaken
		}
		text, err := json.MarshalIndent(c, "", "  ")
		return append(text, '\n'), err
	})
}
