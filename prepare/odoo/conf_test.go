package odoo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
)

func TestSet(t *testing.T) {
	for _, tt := range []struct{ name, before, section, key, value, after string }{
		{"in an empty file", "", "options", "a", "1", "[options]\na = 1\n"},
		{"in place, comments stay", "; mine\n[options]\n# why\na: 0\n\nb = 2\n", "options", "a", "1", "; mine\n[options]\n# why\na = 1\n\nb = 2\n"},
		{"keys are compared as Python does", "[options]\nDB_Host=x\n", "options", "db_host", "db", "[options]\ndb_host = db\n"},
		{"a value over several lines is replaced whole", "[options]\naddons_path = a,\n  b,\n\tc\nz = 1\n", "options", "addons_path", "x", "[options]\naddons_path = x\nz = 1\n"},
		{"at the end of its section", "[options]\na = 1\n\n[queue_job]\nc = 2\n", "options", "b", "1", "[options]\na = 1\nb = 1\n\n[queue_job]\nc = 2\n"},
		{"in an empty section", "[options]\n[x]\ny = 1\n", "options", "a", "1", "[options]\na = 1\n[x]\ny = 1\n"},
		{"in a new section", "[options]\na = 1\n", "x", "b", "2", "[options]\na = 1\n\n[x]\nb = 2\n"},
		{"the same key of another section stays", "[x]\na = 1\n[options]\n", "options", "a", "2", "[x]\na = 1\n[options]\na = 2\n"},
		{"given twice, once afterwards", "[options]\na = 1\n  more\nb = 2\na = 3\n", "options", "a", "4", "[options]\nb = 2\na = 4\n"},
		{"Windows line ends and a byte order mark", "\ufeff[options]\r\na = 1\r\n", "options", "a", "2", "[options]\na = 2\n"},
		{"an empty value", "[options]\n", "options", "a", "", "[options]\na =\n"},
		{"a value with signs", "[options]\na = b:c=d\n", "options", "a", "^x;#$", "[options]\na = ^x;#$\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := parseINI(tt.before)
			f.set(tt.section, tt.key, tt.value)
			if d := cmp.Diff(tt.after, string(f.bytes())); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestConf(t *testing.T) {
	generate := func(t *testing.T, src, existing string) (string, diag.List) {
		var c diag.Collector
		m := load(t, src)
		l := Plan(m, settings(nil), []byte(existing), &c)
		for _, f := range l.Files {
			if f.Path == confName {
				return string(f.Content), c.List()
			}
		}
		t.Fatal("no odoo.conf")
		return "", nil
	}
	t.Run("the manifest wins over the disk, devpm over both, the rest stays (ODC-08)", func(t *testing.T) {
		got, list := generate(t, shop, "[options]\nproxy_mode = False\nlog_level = info\ndb_host = localhost\nadmin_passwd = mine\n")
		for _, want := range []string{"proxy_mode = True\n", "log_level = info\n", "db_host = db\n", "admin_passwd = mine\n", "dbfilter = ^x$\n", "[queue_job]\nchannels = root:2\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("lacks %q:\n%s", want, got)
			}
		}
		if len(list) > 0 {
			t.Errorf("%v", list)
		}
	})
	t.Run("what Odoo could not read is reported with its line", func(t *testing.T) {
		_, list := generate(t, shop, "early = 1\n[options]\na = 1\njunk\nA = 2\n[options]\n= 3\n")
		var got []string
		for _, d := range list {
			if d.Code != diag.OdooConfSyntax || d.Fix == "" {
				t.Errorf("%v", d)
			}
			got = append(got, d.Range.String()+" "+d.Message)
		}
		want := []string{
			"odoo.conf:1:1 the line stands before any [section]",
			"odoo.conf:4:1 the line is neither a section nor an option",
			"odoo.conf:5:1 a was set on line 3 already",
			"odoo.conf:6:1 the section [options] was begun on line 2 already",
			"odoo.conf:7:1 the line is neither a section nor an option",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
	t.Run("a value or name that would become another line is refused", func(t *testing.T) {
		got, list := generate(t, strings.Replace(shop, `"dbfilter": "^x$"`, `"dbfilter": "x\nadmin_passwd = y", "a=b": "1", "a:b": 2`, 1), "")
		if strings.Contains(got, "admin_passwd") || strings.Contains(got, "a=b") {
			t.Errorf("written:\n%s", got)
		}
		if len(list) != 3 || list[0].Code != diag.OdooConfSettings || list[0].Range.Start.Line != 13 {
			t.Errorf("%v", list)
		}
	})
}

// FuzzSet holds set to its promise: the option is there once, with the value,
// setting it again changes nothing, and no other line is lost.
func FuzzSet(f *testing.F) {
	f.Add("[options]\na = 1\n b\n; c\n[x]\na=2\n", "a", "v")
	f.Add("\ufeff\r\n[", "db_host", "")
	f.Fuzz(func(t *testing.T, text, key, value string) {
		if badName(key, "=:[;#") || strings.ContainsAny(value, "\r\n") || strings.TrimSpace(value) != value {
			return
		}
		file := parseINI(text)
		var faults diag.Collector
		if file.check("odoo.conf", &faults); faults.HasErrors() {
			return // such a file stops the run before anything is set
		}
		file.set("options", key, value)
		once := string(file.bytes())
		again := parseINI(once)
		again.set("options", key, value)
		if d := cmp.Diff(once, string(again.bytes())); d != "" {
			t.Fatalf("setting it again changes the file:\n%s", d)
		}
		found := 0
		for _, l := range again.read() {
			if l.section == "options" && l.key == strings.ToLower(key) {
				found++
			}
		}
		if found != 1 {
			t.Fatalf("the option is there %d times:\n%s", found, once)
		}
	})
}
