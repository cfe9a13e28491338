package protocol

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const page = "../../docs/protocol/README.md"

// types are all messages, by name.
func types() map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, v := range []any{
		Message{}, Error{}, ErrorData{}, Initialize{}, Initialized{}, Party{}, Context{}, Description{}, Registration{}, Notice{}, StepParams{}, Evaluation{},
		Change{}, NameParams{}, Services{}, Patches{}, HookParams{}, SecretsParams{}, Secrets{}, Stack{}, PolicyParams{}, PolicyResult{}, Finding{},
		CommandParams{}, CommandResult{}, CancelParams{}, LogParams{}, OutputParams{}, ProgressParams{},
	} {
		t := reflect.TypeOf(v)
		out[t.Name()] = t
	}
	return out
}

// declared reads this package's source: its struct types and its constants by
// name with their comments.
func declared(t *testing.T) (structs []string, constants map[string]*ast.ValueSpec) {
	t.Helper()
	constants = map[string]*ast.ValueSpec{}
	set := token.NewFileSet()
	for _, name := range []string{"message.go", "method.go", "envelope.go"} {
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if _, ok := s.Type.(*ast.StructType); ok {
						structs = append(structs, s.Name.Name)
					}
				case *ast.ValueSpec:
					constants[s.Names[0].Name] = s
				}
			}
		}
	}
	return structs, constants
}

func text(t *testing.T, spec *ast.ValueSpec) string {
	t.Helper()
	l, ok := spec.Values[0].(*ast.BasicLit)
	if !ok {
		t.Fatalf("%s is no literal", spec.Names[0].Name)
	}
	return constant.StringVal(constant.MakeFromLiteral(l.Value, l.Kind, 0))
}

// section is what stands below a heading, up to the next.
func section(t *testing.T, doc, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(doc, "\n"+heading+"\n")
	if !ok {
		t.Fatalf("%s has no %q", page, heading)
	}
	level := strings.Repeat("#", strings.IndexByte(heading, ' '))
	if end := regexp.MustCompile(`(?m)^#{2,` + fmt.Sprint(len(level)) + `} `).FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	return rest
}

// rows are the cells of the tables in a section, without their heads.
func rows(section string) [][]string {
	var out [][]string
	body := false
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			body = false
		case strings.HasPrefix(line, "| ---"):
			body = true
		case body:
			var cells []string
			for c := range strings.SplitSeq(strings.Trim(line, "|"), " | ") {
				cells = append(cells, strings.TrimSpace(c))
			}
			out = append(out, cells)
		}
	}
	return out
}

func readPage(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPageHasEveryField(t *testing.T) {
	doc := readPage(t)
	structs, _ := declared(t)
	all := types()
	for _, name := range structs {
		typ, ok := all[name]
		if !ok {
			t.Errorf("%s is not in types() of this test", name)
			continue
		}
		var want, got []string
		for f := range typ.Fields() {
			tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if options == "omitempty" {
				tag += " ?"
			}
			want = append(want, tag)
		}
		for _, cells := range rows(section(t, doc, "### `"+name+"`")) {
			field := strings.Trim(cells[0], "`")
			if strings.HasSuffix(cells[1], "?") {
				field += " ?"
			}
			got = append(got, field)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the page has %q, the type %q", name, got, want)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^### `(.*)`$").FindAllStringSubmatch(doc, -1) {
		if !slices.Contains(structs, m[1]) {
			t.Errorf("the page has %s, which is no message", m[1])
		}
	}
}

// The comment behind each method says its parameters and result; the page says
// the same.
func TestPageHasEveryMethodAndNotification(t *testing.T) {
	doc := readPage(t)
	_, constants := declared(t)
	var want []string
	for name, spec := range constants {
		comment := strings.TrimSpace(spec.Comment.Text())
		switch {
		case strings.HasPrefix(name, "Method"):
			params, result, _ := strings.Cut(strings.Split(comment, ";")[0], " → ")
			want = append(want, text(t, spec)+" "+params+" "+result)
		case strings.HasPrefix(name, "Notify"):
			want = append(want, text(t, spec)+" "+strings.Split(comment, ";")[0])
		}
	}
	var got []string
	for _, r := range rows(section(t, doc, "## Methods")) {
		got = append(got, strings.ReplaceAll(strings.Join(r, " "), "`", ""))
	}
	for _, r := range rows(section(t, doc, "## Notifications")) {
		got = append(got, strings.ReplaceAll(r[0]+" "+r[2], "`", ""))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the page has\n%q, the package\n%q", got, want)
	}
}

func TestPageHasEveryCapability(t *testing.T) {
	_, constants := declared(t)
	methods := map[Capability][]string{}
	for name, spec := range constants {
		if strings.HasPrefix(name, "Method") {
			m := text(t, spec)
			methods[CapabilityOf(m)] = append(methods[CapabilityOf(m)], m)
		}
	}
	table := rows(section(t, readPage(t), "## Capabilities"))
	if len(table) != len(Capabilities()) {
		t.Fatalf("the page has %d capabilities, the package %d", len(table), len(Capabilities()))
	}
	for i, c := range Capabilities() {
		r := table[i]
		kind := Kind(strings.Trim(r[1], "`"))
		if r[0] != "`"+string(c)+"`" || kind.Capability() != c {
			t.Errorf("row %d is %s with kind %s; the package has %s there", i, r[0], kind, c)
		}
		got := strings.Split(strings.ReplaceAll(r[2], "`", ""), ", ")
		slices.Sort(got)
		slices.Sort(methods[c])
		if !slices.Equal(got, methods[c]) {
			t.Errorf("%s: the page has the methods %v, the package %v", c, got, methods[c])
		}
	}
}

func TestPageHasEveryErrorCode(t *testing.T) {
	codes := map[string]int{
		"CodeParse": CodeParse, "CodeInvalidRequest": CodeInvalidRequest, "CodeMethodNotFound": CodeMethodNotFound, "CodeInvalidParams": CodeInvalidParams,
		"CodeInternal": CodeInternal, "CodeCancelled": CodeCancelled, "CodeFailed": CodeFailed, "CodeConfig": CodeConfig,
	}
	_, constants := declared(t)
	for name := range constants {
		if _, ok := codes[name]; strings.HasPrefix(name, "Code") && !ok {
			t.Errorf("%s is not in this test", name)
		}
	}
	table := rows(section(t, readPage(t), "## Errors"))
	if len(table) != len(codes) {
		t.Errorf("the page has %d codes, the package %d", len(table), len(codes))
	}
	for _, r := range table {
		if name := strings.Trim(r[1], "`"); r[0] != fmt.Sprint(codes[name]) {
			t.Errorf("the page says that %s is %s; it is %d", name, r[0], codes[name])
		}
	}
}

func TestPageHasTheLimits(t *testing.T) {
	doc := readPage(t)
	for _, want := range []string{fmt.Sprintf("8 MiB (%s bytes)", "8,388,608"), fmt.Sprintf("`protocol_version` is %d.", Version)} {
		if !strings.Contains(doc, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if MaxMessage != 8388608 {
		t.Errorf("the page says 8,388,608 bytes, the package %d", MaxMessage)
	}
}
