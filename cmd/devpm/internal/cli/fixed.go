package cli

import (
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/prepare"
)

// nameWishes are the fixed names of the document, to ask the engine about.
func (p *project) nameWishes() []engine.NameWish {
	var out []engine.NameWish
	for _, f := range p.model.FixedNames() {
		out = append(out, engine.NameWish{Kind: f.Kind, Name: f.Name})
	}
	return out
}

// addFixedNames adds them to what the project wants.
func (p *project) addFixedNames(d *prepare.Desired) {
	for _, f := range p.model.FixedNames() {
		d.Fixed = append(d.Fixed, prepare.FixedName(f))
	}
}

// takenNames are the fixed names that others have, in planning's own words.
func takenNames(holders map[engine.NameWish][]engine.Holder) map[string]prepare.Taken {
	out := map[string]prepare.Taken{}
	for wish, by := range holders {
		taken := prepare.Taken{By: by[0].String(), Fix: by[0].Removal()}
		if wish.Kind != "container" {
			taken.By = engine.Projects(by)
		}
		out[prepare.FixedName{Kind: wish.Kind, Name: wish.Name}.Key()] = taken
	}
	return out
}
