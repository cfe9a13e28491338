package cli

import (
	"fmt"

	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/prepare/lock"
)

// lockExtensions takes the packages that the manifest requires into a lock: the
// newest of the store that the constraint allows where only says so, else the
// one that is locked. A package that is disabled keeps its entry.
func (p *project) lockExtensions(app *App, before, after *lock.File, only func(name string) bool) error {
	required := requirementsOf(p.manifest.Extensions.Get("require"))
	if len(required) == 0 {
		return nil
	}
	store, err := extensionStore(app)
	if err != nil {
		return err
	}
	for _, q := range required {
		old, had := before.Extensions[q.name]
		if had {
			after.Extensions[q.name] = old
		}
		if !q.enabled || had && !only(q.name) {
			continue
		}
		constraint, err := pack.ParseConstraint(q.version)
		if err != nil {
			return fmt.Errorf("locking %s: %w", q.name, err) // judged when the project was read
		}
		i, err := store.Resolve(q.name, constraint, "")
		if err != nil {
			return packageFault(store.Dir, err)
		}
		if had && old.SHA256 == i.SHA256 {
			continue
		}
		entry := lock.Extension{SHA256: i.SHA256, Version: i.Version}
		if isURL(i.Source) {
			entry.Source = i.Source // where a file lay on this machine is of no use to others
		}
		after.Extensions[q.name] = entry
	}
	return nil
}
