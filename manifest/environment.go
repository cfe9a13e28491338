package manifest

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/devpm/devpm/diag"
)

// Layer is one dotenv file.
type Layer struct {
	Name string // as diagnostics and origins show it: ".env", "~/.odpm/.env"
	Data []byte
}

// Environment is the process environment over dotenv layers (spec §3.2).
type Environment struct {
	process map[string]string
	files   []map[string]entry // highest layer first

	mu    sync.Mutex
	asked map[string]bool // names that Lookup was asked for
}

// NewEnvironment reads the layers, of which the first that has a key wins. The
// process environment ("KEY=value") wins over all of them; of a key that it
// has twice the last value counts, as in a child process.
//
// A layer's values may refer to the process environment, to keys above them
// in the same file and to lower layers.
func NewEnvironment(process []string, layers []Layer, c *diag.Collector) *Environment {
	e := &Environment{process: make(map[string]string, len(process)), files: make([]map[string]entry, len(layers))}
	for _, pair := range process {
		// Windows keeps per-drive directories in variables such as "=C:".
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
			e.process[name] = value
		}
	}
	for i := len(layers) - 1; i >= 0; i-- {
		e.files[i] = make(map[string]entry)
		readDotenv(layers[i], e, e.files[i], c)
	}
	return e
}

// Lookup returns a variable's value and where it comes from, in the words of
// Use.Origin. A variable that is set and empty is set.
func (e *Environment) Lookup(name string) (value, origin string, ok bool) {
	if e == nil {
		return "", "unset", false
	}
	e.mu.Lock()
	if e.asked == nil {
		e.asked = make(map[string]bool)
	}
	e.asked[name] = true
	e.mu.Unlock()
	if value, ok := e.process[name]; ok {
		return value, "environment", true
	}
	if found, ok := e.entry(name); ok {
		return found.value, found.origin(), true
	}
	return "", "unset", false
}

// Asked lists the variables of the process environment that Lookup was asked
// for and that are set, sorted, as "KEY=value": what an expansion depended on
// beside the files.
func (e *Environment) Asked() []string {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for name := range e.asked {
		if value, set := e.process[name]; set {
			out = append(out, name+"="+value)
		}
	}
	slices.Sort(out)
	return out
}

// File looks a variable up in the dotenv layers only: ports and the scenario
// are not taken from the process environment (design §7). The range is that of
// the line that sets it.
func (e *Environment) File(name string) (value string, rng diag.Range, ok bool) {
	if e == nil {
		return "", diag.Range{}, false
	}
	found, ok := e.entry(name)
	return found.value, found.at, ok
}

// FileNames are the variables that a dotenv file sets, sorted.
func (e *Environment) FileNames(file string) []string {
	var out []string
	if e == nil {
		return nil
	}
	for _, layer := range e.files {
		for name, found := range layer {
			if found.at.File == file {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (e *Environment) entry(name string) (entry, bool) {
	for _, file := range e.files {
		if found, ok := file[name]; ok {
			return found, true
		}
	}
	return entry{}, false
}

// Merged is the process environment plus the dotenv keys that it lacks, as
// sorted "KEY=value": what a hook's process gets.
func (e *Environment) Merged() []string {
	if e == nil {
		return nil
	}
	merged := make(map[string]string, len(e.process))
	for _, file := range slices.Backward(e.files) {
		for name, found := range file {
			merged[name] = found.value
		}
	}
	maps.Copy(merged, e.process)
	out := make([]string, 0, len(merged))
	for _, name := range slices.Sorted(maps.Keys(merged)) {
		out = append(out, name+"="+merged[name])
	}
	return out
}

// names lists all variables, sorted, for did-you-mean.
func (e *Environment) names() []string {
	out := slices.Collect(maps.Keys(e.process))
	for _, file := range e.files {
		out = slices.AppendSeq(out, maps.Keys(file))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
