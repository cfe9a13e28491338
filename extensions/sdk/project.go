package sdk

import "encoding/json"

// Project is the frozen view of the project: data, no handles. Values that hold
// a secret say "<secret:KEY>" instead.
type Project struct {
	Dir            string            // absolute
	Name           string            // of the Compose project; "" while it is not chosen
	Scenario       string            // developer, server, ci
	Stack          string            // "none", "odoo" or another
	ManifestSchema int               // 1 or 2
	RequiresOdpm   string            // what the manifest asks for
	Environment    map[string]string // of the project's .env files
	Executing      bool              // false while devpm plans
	CacheDir       string            // to keep files in; "" while devpm plans and none is there

	manifest, services, patches, hooks, locks json.RawMessage
}

// Manifest returns the whole of odpm.json, expanded. Each call returns a copy.
func (p Project) Manifest() map[string]any { return object(p.manifest) }

// Services returns the services of the manifest. Each call returns a copy.
func (p Project) Services() map[string]any { return object(p.services) }

// ServicePatches returns the patches of the manifest. Each call returns a copy.
func (p Project) ServicePatches() map[string]any { return object(p.patches) }

// Hooks returns the hooks of the manifest by phase. Each call returns a copy.
func (p Project) Hooks() map[string]any { return object(p.hooks) }

// Locks returns what is locked. Each call returns a copy.
func (p Project) Locks() map[string]any { return object(p.locks) }

// object reads a JSON object; what is none reads as an empty one, since devpm
// sent it and a later one may send more.
func object(raw json.RawMessage) map[string]any {
	var out map[string]any
	if json.Unmarshal(raw, &out) != nil || out == nil {
		return map[string]any{}
	}
	return out
}
