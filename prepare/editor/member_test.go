package editor_test

import (
	"testing"

	"github.com/devpm/devpm/prepare/editor"
)

func TestAMemberIsSetAndTheRestKept(t *testing.T) {
	path := []string{"extensions", "require", "tools"}
	for _, tt := range []struct{ name, text, want string }{
		{"all of it is new", "{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\n  \"extensions\": {\n    \"require\": {\n      \"tools\": \"^1.2.3\"\n    }\n  }\n}\n"},
		{"into require", "{\n\t\"extensions\": {\n\t\t\"require\": {\n\t\t\t\"b\": \"*\"\n\t\t}\n\t},\n\n\t\"x-odd\" :  [1,2]\n}", "{\n\t\"extensions\": {\n\t\t\"require\": {\n\t\t\t\"b\": \"*\",\n\t\t\t\"tools\": \"^1.2.3\"\n\t\t}\n\t},\n\n\t\"x-odd\" :  [1,2]\n}"},
		{"on one line", "{\n  \"extensions\": {\"require\": {\"b\": \"*\"}}\n}\n", "{\n  \"extensions\": {\"require\": {\"b\": \"*\", \"tools\": \"^1.2.3\"}}\n}\n"},
		{"all on one line", "{\"a\": 1, \"b\": {\"c\": [1, 2]}}\n", "{\"a\": 1, \"b\": {\"c\": [1, 2]}, \"extensions\": {\"require\": {\"tools\": \"^1.2.3\"}}}\n"},
		{"without blanks", "{\"a\":1,\"extensions\":{\"require\":{\"b\":\"*\"}}}", "{\"a\":1,\"extensions\":{\"require\":{\"b\":\"*\",\"tools\":\"^1.2.3\"}}}"},
		{"replaced", "{\"extensions\": {\"require\": {\"tools\": \"*\", \"b\": \"1\"}}}", "{\"extensions\": {\"require\": {\"tools\": \"^1.2.3\", \"b\": \"1\"}}}"},
		{"the same", "{\"extensions\": {\"require\": {\"tools\" : \"^1.2.3\"}}}", "{\"extensions\": {\"require\": {\"tools\" : \"^1.2.3\"}}}"},
		{"lines of Windows", "{\r\n  \"extensions\": {\r\n    \"local\": []\r\n  }\r\n}\r\n", "{\r\n  \"extensions\": {\r\n    \"local\": [],\r\n    \"require\": {\r\n      \"tools\": \"^1.2.3\"\r\n    }\r\n  }\r\n}\r\n"},
	} {
		got, err := editor.SetMember([]byte(tt.text), path, "^1.2.3")
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s\n%v", tt.name, got, tt.want, err)
		}
	}
	text := "{\"extensions\": {\"require\": {\"b\": \"*\"}}}"
	want := "{\"extensions\": {\"require\": {\"b\": \"*\", \"tools\": {\"source\": \"a:b,\\\"c\\\\\", \"version\": \"^1\"}}}}"
	if got, err := editor.SetMember([]byte(text), path, map[string]string{"version": "^1", "source": `a:b,"c\`}); err != nil || string(got) != want {
		t.Errorf("got\n%s\nwant\n%s\n%v", got, want, err)
	}
	for _, text := range []string{"[]", "{", `{"extensions": []}`, `{"extensions": {"require": 1}}`, `{"extensions": {}, "extensions": {}}`} {
		if got, err := editor.SetMember([]byte(text), path, "1"); err == nil {
			t.Errorf("%s became %s", text, got)
		}
	}
}
