package convert_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/compose/convert"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// imported converts a Compose file with the variables set, and returns the
// manifest's members as text, with one line a finding.
func imported(t *testing.T, src string, env map[string]string) (text, findings string) {
	t.Helper()
	var c diag.Collector
	members := convert.Manifest("compose.yaml", []byte(src), lookup(env), &c)
	var lines []string
	for _, d := range c.List() {
		lines = append(lines, fmt.Sprintf("%d:%d %s %s %s: %s", d.Range.Start.Line, d.Range.Start.Column, d.Severity, d.Code, d.Path, d.Message))
		if d.Fix == "" {
			t.Errorf("no fix: %v", d)
		}
	}
	if members != nil {
		text = string(manifest.Print(&manifest.Node{Kind: manifest.Object, Members: members}))
	}
	return text, strings.Join(lines, "\n")
}

func lookup(env map[string]string) convert.Lookup {
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

func TestAComposeFileBecomesAManifest(t *testing.T) {
	const src = `
version: "3.8"
name: shop
x-common: &common
  restart: unless-stopped   # a comment
  logging: {driver: local}
services:
  web:
    <<: *common
    build: .
    command: sh -c "echo $$HOME ${GREETING:-hello you} && exec httpd -f"
    entrypoint: ["/bin/sh", "-c"]
    ports:
      - 8080:80
      - target: 81
        published: "8081"
    environment:
      A: 1
      B: yes
      OFF: off
      NAME:
      PLAIN: $SET
      NESTED: ${UNSET_ONE:-$SET}
    depends_on: [db]
    secrets:
      - token
      - {source: token, target: /etc/token}
  db:
    image: "postgres:${PG}"
    environment: [POSTGRES_PASSWORD=x, NAME, ABSENT]
    command: ""
    volumes: ["data:/var/lib/postgresql/data"]
volumes:
  data:
secrets:
  token:
    file: token.txt
`
	text, findings := imported(t, src, map[string]string{"SET": "s", "NAME": "n", "GREETING": "g"})
	want := `{
  "services": {
    "web": {
      "build": ".",
      "command": ["sh", "-c", "echo $$HOME ${GREETING:-hello you} && exec httpd -f"],
      "entrypoint": ["/bin/sh", "-c"],
      "ports": [
        "8080:80",
        {"target": 81, "published": "8081"}
      ],
      "environment": {
        "A": 1,
        "B": "yes",
        "OFF": "off",
        "NAME": "${NAME}",
        "PLAIN": "${SET}",
        "NESTED": "${UNSET_ONE:-${SET}}"
      },
      "depends_on": ["db"],
      "restart": "unless-stopped",
      "logging": {"driver": "local"},
      "volumes": ["./token.txt:/run/secrets/token:ro", "./token.txt:/etc/token:ro"]
    },
    "db": {
      "image": "postgres:${PG:-}",
      "environment": ["POSTGRES_PASSWORD=x", "NAME=${NAME}", "ABSENT"],
      "command": [],
      "volumes": ["data:/var/lib/postgresql/data"]
    }
  },
  "volumes": {
    "data": {}
  },
  "x-common": {
    "restart": "unless-stopped",
    "logging": {"driver": "local"}
  }
}
`
	if d := cmp.Diff(want, text); d != "" {
		t.Error(d)
	}
	wantFindings := `3:1 warning DPM6103 name: the project's name "shop" is not carried over: devpm names a project after its directory
11:14 warning DPM6104 services.web.command: the command is a list now: an expression in it is one argument, also when its value has blanks
26:9 warning DPM6104 services.web.secrets[0]: the secret "token" is mounted as a volume at /run/secrets/token, which is what Compose does with it
27:9 warning DPM6104 services.web.secrets[1]: the secret "token" is mounted as a volume at /etc/token, which is what Compose does with it
29:12 warning DPM6104 services.db.image: nothing sets PG; Compose would use an empty text, so the manifest says ${PG:-}`
	if d := cmp.Diff(wantFindings, findings); d != "" {
		t.Error(d)
	}
}

func TestWhatAManifestCannotSayIsRefused(t *testing.T) {
	for _, tc := range []struct{ name, src, want string }{
		{"empty", "", "the file is empty"},
		{"not yaml", "services: [", "not YAML"},
		{"a list", "- a", "no mapping"},
		{"two documents", "services: {}\n---\nservices: {}", "more than one"},
		{"include", "include: [a.yml]\nservices: {a: {image: x}}", "includes others"},
		{"extends", "services: {a: {extends: {file: b.yml, service: c}}}", "extends another"},
		{"override tag", "services: {a: {image: !reset null}}", "the tag !reset"},
		{"a secret of the environment", "services: {a: {image: x, secrets: [s]}}\nsecrets: {s: {environment: S}}", "comes from no file"},
		{"unbalanced quotes", "services: {a: {image: x, command: \"echo 'a\"}}", "cannot be split"},
		{"a key twice", "services: {a: {image: x, image: y}}", "set twice"},
		{"unknown top-level key", "services: {a: {image: x}}\nmodels: {}", `no place for the top-level key "models"`},
		{"services that are a list", "services: [a]", "services is no mapping"},
		{"a service that is a text", "services: {a: b}", "is no mapping"},
		{"an alias bomb", bomb(), "too large"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, findings := imported(t, tc.src, nil); !strings.Contains(findings, tc.want) || !strings.Contains(findings, "error") {
				t.Errorf("want %q, got\n%s", tc.want, findings)
			}
		})
	}
}

// bomb is a file of ten lines that aliases blow up to a million values.
func bomb() string {
	lines := []string{"x-0: &a0 [1,1,1,1,1,1,1,1,1,1]"}
	for i := 1; i < 7; i++ {
		a := fmt.Sprintf("*a%d", i-1)
		lines = append(lines, fmt.Sprintf("x-%d: &a%d [%s]", i, i, strings.TrimSuffix(strings.Repeat(a+",", 10), ",")))
	}
	return strings.Join(lines, "\n")
}

func TestDifferencesAreFound(t *testing.T) {
	const file = "services:\n  web:\n    image: nginx\n    environment: {A: $B}\n    ports: ['80:80']\n"
	same := "services:\n  web:\n    image: nginx\n    environment: [A=1]\n    ports:\n      - '80:80'\n"
	for _, tc := range []struct{ document, want string }{
		{same, ""},
		{strings.Replace(same, "A=1", "A=2", 1), `services.web.environment.A: "1" in the file, "2" in devpm's document`},
		{strings.Replace(same, "nginx", "httpd", 1), `services.web.image: "nginx" in the file, "httpd" in devpm's document`},
	} {
		got, err := convert.Differences(context.Background(), "compose.yaml", []byte(file), map[string]string{"B": "1"}, []byte(tc.document), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tc.want, strings.Join(got, "\n")); d != "" {
			t.Error(d)
		}
	}
	if _, err := convert.Differences(context.Background(), "compose.yaml", []byte("services: {a: {}}"), nil, []byte(same), t.TempDir()); err == nil {
		t.Error("a file that Compose refuses is compared")
	}
}

// FuzzManifest holds the import to this: no panic, and what comes out is JSON
// that the manifest's reader takes back unchanged.
func FuzzManifest(f *testing.F) {
	f.Add("services: {a: {image: x, command: echo $A ${B:-c d}, environment: [A, B=1]}}")
	f.Add("a: &a {b: *a}\nservices: *a")
	f.Add("services:\n  a:\n    <<: [{image: x}, {image: y}]\n    secrets: [s]\nsecrets: {s: {file: f}}")
	f.Fuzz(func(t *testing.T, src string) {
		var c diag.Collector
		members := convert.Manifest("compose.yaml", []byte(src), lookup(nil), &c)
		if members == nil || c.HasErrors() {
			return
		}
		text := manifest.Print(&manifest.Node{Kind: manifest.Object, Members: members})
		var again diag.Collector
		d := manifest.Parse("odpm.json", text, &again)
		if d == nil {
			t.Fatalf("%s\n%v", text, again.List())
		}
		if twice := manifest.Print(d.Root); string(twice) != string(text) {
			t.Fatal(cmp.Diff(string(text), string(twice)))
		}
	})
}
