package secrets_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/devpm/devpm/manifest/secrets"
)

func TestRedactorTakesValuesOutOfTexts(t *testing.T) {
	r := secrets.NewRedactor(map[string]string{
		"db.password": "correct horse/battery+$taple",
		"db":          "correct horse",
		"short":       "odoo",
		"pin":         "123",
		"key":         "-----BEGIN KEY-----\nabcdefgh\nxy\n-----END KEY-----\n",
		"quote":       `it's "quoted" & more`,
		"odd name!":   "value-of-odd-name",
	}, map[string]string{"old": "what it was before"})
	value := "correct horse/battery+$taple"
	header := base64.StdEncoding.EncodeToString([]byte("ana:" + value))
	tests := map[string][2]string{
		"as it is":                {"login " + value + " ok", "login <secret:db.password> ok"},
		"the longest wins":        {"x correct horse y", "x <secret:db> y"},
		"twice":                   {value + value, "<secret:db.password><secret:db.password>"},
		"inside of a word":        {"xcorrect horsey", "x<secret:db>y"},
		"doubled dollars":         {"correct horse/battery+$$taple", "<secret:db.password>"},
		"a query":                 {"?p=" + url.QueryEscape(value), "?p=<secret:db.password>"},
		"a path":                  {"/" + url.PathEscape(value), "/<secret:db.password>"},
		"the password of a URL":   {(&url.URL{Scheme: "https", Host: "h", User: url.UserPassword("u", value)}).String(), "https://u:<secret:db.password>@h"},
		"base64":                  {base64.URLEncoding.EncodeToString([]byte(value)), "<secret:db.password>" + tail(base64.URLEncoding, value)},
		"JSON in text":            {`{"a": "it's \"quoted\" & more"} x`, `{"a": "<secret:quote>"} x`},
		"JSON with HTML escapes":  {`a: it's \"quoted\" \u0026 more`, "a: <secret:quote>"},
		"single quotes of YAML":   {`'it''s "quoted" & more'`, "'<secret:quote>'"},
		"a shell's quotes":        {`'it'\''s "quoted" & more'`, "'<secret:quote>'"},
		"Go's quotes":             {strconv.Quote(`it's "quoted" & more`), `"<secret:quote>"`},
		"a line of several":       {"key: abcdefgh", "key: <secret:key>"},
		"a short line of several": {"xy", "xy"},
		"several lines":           {"-----BEGIN KEY-----\nabcdefgh\nxy\n-----END KEY-----", "<secret:key>"},
		"lines in a table":        {"-----BEGIN KEY----- abcdefgh xy -----END KEY-----", "<secret:key>"},
		"a word alone":            {"password odoo, user=odoo; odoo.", "password <secret:short>, user=<secret:short>; <secret:short>."},
		"part of a word":          {"odoo.conf odoo-bin /odoo/x myodoo odoo_1 services.odoo.image", "odoo.conf odoo-bin /odoo/x myodoo odoo_1 services.odoo.image"},
		"too short to look for":   {"123", "123"},
		"what is masked stays":    {"<secret:odoo> <secret:db>", "<secret:odoo> <secret:db>"},
		"no mask":                 {"<secret:correct horse", "<secret:<secret:db>"},
		"an older value":          {"was what it was before", "was <secret:old>"},
		"a name of any kind":      {"value-of-odd-name", "<secret:odd_name_>"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := r.Text(tt[0]); got != tt[1] {
				t.Errorf("%q became\n     %q\nwant %q", tt[0], got, tt[1])
			}
		})
	}
	if got := r.Text("Basic " + header); strings.Contains(got, header[8:30]) || !strings.Contains(got, "<secret:db.password>") {
		t.Errorf("the value inside of a header: %s", got)
	}
}

// tail is what a value's last bytes alone do not decide of its base64 text.
func tail(e *base64.Encoding, value string) string {
	return e.EncodeToString([]byte(value))[len(value)*8/6:]
}

func TestRedactorKeepsJSON(t *testing.T) {
	r := secrets.NewRedactor(map[string]string{"port": "5432", "text": `a "quoted" value`})
	got := string(r.Bytes([]byte(`{"line": 5432, "password": "5432", "t": "a \"quoted\" value", "<": "\u003c"}` + "\n")))
	want := `{"line": 5432, "password": "<secret:port>", "t": "<secret:text>", "<": "\u003c"}` + "\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(r.Bytes([]byte("[5432] is no JSON"))); got != "[<secret:port>] is no JSON" {
		t.Error(got)
	}
}

func TestNoSecretsNoRedactor(t *testing.T) {
	var none *secrets.Redactor
	for _, r := range []*secrets.Redactor{none, secrets.NewRedactor(), secrets.NewRedactor(map[string]string{"a": "", "b": "123"})} {
		if r != nil || r.Text("123 text") != "123 text" || string(r.Bytes([]byte("{}"))) != "{}" || r.Finds([]byte("123")) {
			t.Errorf("%v", r)
		}
	}
}

func TestFindsWhatIsNotThereByChance(t *testing.T) {
	r := secrets.NewRedactor(map[string]string{"a": "odoo", "b": "long enough"})
	for text, want := range map[string]bool{"odoo": false, "it is long enough": true, "": false} {
		if got := r.Finds([]byte(text)); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

// FuzzRedactor: no text keeps a value, and JSON stays JSON.
func FuzzRedactor(f *testing.F) {
	f.Add("correct horse battery", "the value correct horse battery here")
	f.Add("a\"b\\c'd$e<f", `{"x": "a\"b\\c'd$e<f"}`)
	f.Add("<secret:k>xyz", "<secret:k>xyz<secret:k>xyz")
	f.Add("päßwörter", "päßwörter")
	f.Add("correct<", "correct")
	f.Fuzz(func(t *testing.T, value, around string) {
		if len(value) < 8 || !utf8.ValidString(value) || strings.Contains(value, "<secret:") || strings.Contains("<secret:key>", value) {
			return // no value that is masked for certain
		}
		r := secrets.NewRedactor(map[string]string{"key": value})
		document, err := json.Marshal(map[string]string{"a": around, "b": around + value})
		if err != nil {
			t.Fatal(err)
		}
		masked := r.Bytes(document)
		var back map[string]string
		if err := json.Unmarshal(masked, &back); err != nil {
			t.Fatalf("%v in %s, from %s", err, masked, document)
		}
		for _, text := range []string{r.Text(around + value), back["b"]} {
			// A mask may begin inside of a value that repeats itself; then the rest
			// of the value still must not be a whole one. A mask's own first letter
			// gives nothing away: it is taken out, for a byte that no value has.
			// What looked like a mask before stays as it is, a value that begins in
			// it included.
			if !strings.Contains(around+value, "<secret:") && strings.Contains(strings.ReplaceAll(text, "<secret:key>", "\xff"), value) {
				t.Errorf("%q is in %q", value, text)
			}
		}
		// Where a mask's edge completes a value, or leaves a short form of it
		// alone, masking again masks more. That gives nothing away.
		whole := !strings.ContainsAny(value, "<>") && strings.Join(strings.Fields(value), " ") == value
		if again := r.Text(r.Text(around)); whole && again != r.Text(around) {
			t.Errorf("masked twice, %q became %q", r.Text(around), again)
		}
	})
}
