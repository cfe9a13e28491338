package editor

import (
	"bytes"
	"errors"
	"slices"

	"github.com/tailscale/hujson"
)

// own are the keys of devpm's configuration that follow the project; all
// others in it are the user's, justMyCode too once it is there.
func (p Profile) own() []member {
	mappings := []map[string]string{}
	for _, m := range p.Mappings {
		mappings = append(mappings, map[string]string{"localRoot": below("${workspaceFolder}", p.ProjectDir, m.Local), "remoteRoot": m.Remote})
	}
	return []member{
		{"name", Configuration},
		{"type", "debugpy"},
		{"request", "attach"},
		{"connect", map[string]any{"host": p.Host, "port": p.Port}},
		{"pathMappings", mappings},
	}
}

// ordered is an object whose keys keep their order when it is written.
func ordered(j *jsonc, members []member) orderedObject {
	return orderedObject{j, members}
}

type orderedObject struct {
	j       *jsonc
	members []member
}

// MarshalJSON implements json.Marshaler; the encoder indents what it returns.
func (o orderedObject) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o.members {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(o.j.encode(m.key, 0) + ":" + o.j.encode(m.value, 0))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Launch is .vscode/launch.json with devpm's configuration in it; existing is
// the file as it is, nil without one. The error is a *LeftAlone.
func Launch(existing []byte, p Profile) ([]byte, error) {
	fresh := func(j *jsonc) orderedObject { return ordered(j, append(p.own(), member{"justMyCode", false})) }
	plain := &jsonc{unit: "    ", breaks: "\n"}
	fail := func(err error) ([]byte, error) { return nil, refused(err, plain.encode(fresh(plain), 0)) }
	j, err := parseJSONC(existing)
	if err != nil {
		return fail(err)
	}
	list, err := get(j.root.Value.(*hujson.Object), "configurations")
	switch {
	case err != nil:
		return fail(err)
	case list == nil:
		members := []member{{"configurations", []any{fresh(j)}}}
		if version, _ := get(j.root.Value.(*hujson.Object), "version"); version == nil {
			members = slices.Insert(members, 0, member{"version", "0.2.0"})
		}
		err = j.set(&j.root, 0, members)
	default:
		err = j.configuration(list, p, fresh(j))
	}
	if err != nil {
		return fail(err)
	}
	return j.checked(fail)
}

// configuration brings devpm's configuration in the list up to date, or adds it.
func (j *jsonc) configuration(list *hujson.Value, p Profile, fresh orderedObject) error {
	array, ok := list.Value.(*hujson.Array)
	if !ok {
		return &errShape{"configurations is not a list"}
	}
	for i := range array.Elements {
		object, ok := array.Elements[i].Value.(*hujson.Object)
		if !ok {
			continue
		}
		name, err := get(object, "name")
		if err == nil && name != nil && decoded(*name) == Configuration {
			return j.set(&array.Elements[i], 2, p.own())
		}
	}
	return j.append(list, 1, fresh)
}

// Settings is .vscode/settings.json with what makes imports resolve: the paths
// of the code are added to those that the user has, and the interpreter is set
// where none is. The error is a *LeftAlone.
func Settings(existing []byte, w Workspace) ([]byte, error) {
	const pathsKey, interpreterKey = "python.analysis.extraPaths", "python.defaultInterpreterPath"
	paths := []string{}
	for _, path := range w.ExtraPaths {
		paths = append(paths, below("${workspaceFolder}", w.ProjectDir, path))
	}
	interpreter := below("${workspaceFolder}", w.ProjectDir, w.Interpreter)
	plain := &jsonc{unit: "    ", breaks: "\n"}
	fail := func(err error) ([]byte, error) {
		return nil, refused(err, plain.encode(ordered(plain, []member{{interpreterKey, interpreter}, {pathsKey, paths}}), 0))
	}
	j, err := parseJSONC(existing)
	if err != nil {
		return fail(err)
	}
	root := j.root.Value.(*hujson.Object)
	var add []member
	have, err := get(root, interpreterKey)
	if err != nil {
		return fail(err)
	}
	if have == nil {
		add = append(add, member{interpreterKey, interpreter})
	}
	list, err := get(root, pathsKey)
	switch {
	case err != nil:
		return fail(err)
	case list == nil && len(paths) > 0:
		add = append(add, member{pathsKey, paths})
	case list != nil:
		known, _ := decoded(*list).([]any)
		var missing []any
		for _, path := range paths {
			if !slices.Contains(known, any(path)) {
				missing = append(missing, path)
			}
		}
		if err := j.append(list, 1, missing...); err != nil {
			return fail(&errShape{pathsKey + " is not a list"})
		}
	}
	if err := j.set(&j.root, 0, add); err != nil {
		return fail(err)
	}
	return j.checked(fail)
}

// checked is the edited file, read once more: what cannot be read afterwards
// must not be written.
func (j *jsonc) checked(fail func(error) ([]byte, error)) ([]byte, error) {
	out := j.bytes()
	if _, err := parseJSONC(out); err != nil {
		return fail(&errShape{"it cannot be changed safely"})
	}
	return out, nil
}

// refused turns a fault of the file into a *LeftAlone.
func refused(err error, add string) error {
	_, shape := errors.AsType[*errShape](err)
	return leftAlone(!shape, add, "%s", err.Error())
}
