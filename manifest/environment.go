package manifest

import "github.com/devpm/devpm/diag"

// Layer is one dotenv file: its name as diagnostics show it, and its bytes.
type Layer struct {
	Name string // ".env", "~/.odpm/.env"
	Data []byte
}

// Environment is the process environment over dotenv layers.
type Environment struct{}

// NewEnvironment reads the layers; the first one that has a key wins, and the process environment wins over all of them.
func NewEnvironment(process []string, layers []Layer, c *diag.Collector) *Environment {
	return &Environment{}
}

// Lookup returns a variable's value and where it comes from (Use.Origin).
func (e *Environment) Lookup(name string) (value, origin string, ok bool) { return "", "", false }

// File looks a variable up in the dotenv layers only.
func (e *Environment) File(name string) (value string, rng diag.Range, ok bool) {
	return "", diag.Range{}, false
}

// Merged is the process environment plus the dotenv keys that it lacks, as sorted "KEY=value".
func (e *Environment) Merged() []string { return nil }
