package compose

import "strings"

// JSON is the same document as YAML, with the same values ("$" doubled), as
// indented JSON and a final newline.
func (m *Model) JSON() []byte {
	return append(appendJSON(nil, m.root, jsonStyle{indent: true, escape: true}), '\n')
}

// validText replaces bytes that are no UTF-8: no document can carry them. The
// manifest reader refuses them; only an extension could send some.
func validText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
