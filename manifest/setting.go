package manifest

import "strings"

// FromDefault and FromHost are the Use.Origin of what no file says.
const (
	FromDefault = "default"
	FromHost    = "this host"
)

// Setting is the value at a dotted path of schema 2 as the file has it, not
// expanded, with its place. Use.Name is how the file spells the path, which in a
// flat manifest is another. Of an object or a list the Value is "". A key that
// the file leaves out has Use.Origin FromDefault and no place.
func (m *Manifest) Setting(path string) Choice {
	spelled := flatPath(path, m.flat)
	n := m.root
	for key := range strings.SplitSeq(path, ".") {
		n = n.Get(key)
	}
	if n == nil || m.flat && m.Document.Root.Get(spelled) == nil {
		return Choice{Use: Use{Name: spelled, Origin: FromDefault}}
	}
	return Choice{Value: n.Text, Use: Use{Name: spelled}, Range: n.Range}
}

// VersionSetting is the setting that OdooVersion comes from.
func (m *Manifest) VersionSetting() Choice {
	if c := m.Setting("odoo_version"); strings.TrimSpace(c.Value) != "" {
		return c
	}
	return m.Setting("platform.git")
}

// FileChoice is a variable of the dotenv files, as File finds it. One that no
// file sets has Use.Origin FromDefault.
func (e *Environment) FileChoice(variable string) Choice {
	found := choiceReader{env: e}.file(variable)
	if found.Use.Name == "" {
		found.Use = Use{Name: variable, Origin: FromDefault}
	}
	return found
}

// Setting is a text as the setting that it is: as written, at its path.
func (t Text) Setting() Choice {
	return Choice{Value: t.Raw, Use: Use{Name: t.Path}, Range: t.Range}
}
