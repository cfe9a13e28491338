package editor

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// pycharm is the run configuration "Python Debug Server": PyCharm listens, and
// the code connects with pydevd_pycharm. The debugger's own port on this
// machine belongs to the container, so PyCharm listens on the next one.
const pycharm = `<component name="ProjectRunConfigurationManager">
  <configuration default="false" name="devpm debug server" type="PyRemoteDebugConfigurationType" factoryName="Python Remote Debug">
    <option name="PORT" value="%s" />
    <option name="HOST" value="localhost" />
    <PathMappingSettings>
      <option name="pathMappings">
        <list>
%s        </list>
      </option>
    </PathMappingSettings>
    <option name="REDIRECT_OUTPUT" value="true" />
    <option name="SUSPEND_AFTER_CONNECT" value="true" />
    <method v="2" />
  </configuration>
</component>
`

// PyCharmPort is where PyCharm listens for a container that publishes its
// debugger at port.
func PyCharmPort(port int) int {
	if port >= 65535 {
		return port - 1
	}
	return port + 1
}

// PyCharm is devpm's file in .run; existing is the file as it is, nil without
// one. Of a file that is there only the mappings are devpm's: those of the
// project's folders are put in, others stay. The error is a *LeftAlone.
func PyCharm(existing []byte, p Profile) ([]byte, error) {
	if len(bytes.TrimSpace(existing)) == 0 {
		return fmt.Appendf(nil, pycharm, strconv.Itoa(PyCharmPort(p.Port)), strings.Join(p.xmlMappings(nil), "")), nil
	}
	list, err := findMappings(existing)
	if err != nil {
		return nil, leftAlone(true, strings.Join(p.xmlMappings(nil), ""), "it is not XML: %v", err)
	}
	if !list.found {
		return nil, leftAlone(false, strings.Join(p.xmlMappings(nil), ""), "it has no single list of path mappings")
	}
	if list.holds(p) {
		return existing, nil
	}
	breaks := newline(existing)
	text := breaks + strings.ReplaceAll(strings.Join(p.xmlMappings(list.entries), ""), "\n", breaks) + "        "
	if list.empty { // <list />
		text = "<list>" + text + "</list>"
	}
	out := append(bytes.Clone(existing[:list.from]), text...)
	return append(out, existing[list.to:]...), nil
}

// xmlMapping is one mapping as the file has it.
type xmlMapping struct{ local, remote string }

// mappingList is the list of a file: its entries, and the bytes between its tags.
type mappingList struct {
	found    bool
	empty    bool // written as one tag, which from and to then span
	from, to int
	entries  []xmlMapping
}

func (p Profile) mappings() []xmlMapping {
	var out []xmlMapping
	for _, m := range p.Mappings {
		out = append(out, xmlMapping{below("$PROJECT_DIR$", p.ProjectDir, m.Local), m.Remote})
	}
	return out
}

// holds reports whether each of the project's folders is mapped as wanted.
func (l mappingList) holds(p Profile) bool {
	have := map[string]string{}
	for _, e := range l.entries {
		have[e.remote] = e.local
	}
	for _, m := range p.mappings() {
		if have[m.remote] != m.local {
			return false
		}
	}
	return true
}

// xmlMappings are the lines of the list: the project's folders, then the user's
// own.
func (p Profile) xmlMappings(user []xmlMapping) []string {
	wanted := p.mappings()
	ours := map[string]bool{}
	for _, m := range wanted {
		ours[m.remote] = true
	}
	for _, m := range user {
		if !ours[m.remote] {
			wanted = append(wanted, m)
		}
	}
	var out []string
	for _, m := range wanted {
		out = append(out, fmt.Sprintf("          <mapping local-root=\"%s\" remote-root=\"%s\" />\n", attribute(m.local), attribute(m.remote)))
	}
	return out
}

func attribute(text string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(text)); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.String()
}

// findMappings finds <option name="pathMappings"><list>, and nothing when the
// file has several.
func findMappings(text []byte) (mappingList, error) {
	var list mappingList
	decoder := xml.NewDecoder(bytes.NewReader(text))
	var path []string
	lists, depth := 0, -1
	before := 0
	for {
		token, err := decoder.Token()
		after := int(decoder.InputOffset())
		switch {
		case errors.Is(err, io.EOF):
			list.found = lists == 1
			return list, nil
		case err != nil:
			return list, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			parent := ""
			if len(path) > 0 {
				parent = path[len(path)-1]
			}
			name := t.Name.Local
			if name == "option" && named(t, "name") == "pathMappings" {
				name = "pathMappings"
			}
			switch {
			case name == "list" && parent == "pathMappings":
				lists++
				depth = len(path)
				list.from, list.empty = after, bytes.HasSuffix(bytes.TrimSpace(text[before:after]), []byte("/>"))
				if list.empty {
					list.from = before
				}
			case name == "mapping" && depth >= 0 && len(path) == depth+1:
				list.entries = append(list.entries, xmlMapping{named(t, "local-root"), named(t, "remote-root")})
			}
			path = append(path, name)
		case xml.EndElement:
			path = path[:len(path)-1]
			if len(path) == depth {
				list.to, depth = before, -1
				if list.empty {
					list.to = after
				}
			}
		}
		before = after
	}
}

func named(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
