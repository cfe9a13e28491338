package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
)

func TestPreflightDiagnostics(t *testing.T) {
	worktree := t.TempDir()
	if err := os.WriteFile(filepath.Join(worktree, "odpm.json"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	at := diag.Range{File: "odpm.json", Start: diag.Position{Line: 3, Column: 5}}
	for want, wish := range map[string]struct {
		w engine.PortWish
		h engine.Holder
	}{
		"odpm.json:3:5: error DPM5020: services.w.ports[0]: port 80 is held by container a-w-1 of project a\n    fix: stop it with `docker compose -p a stop w`, publish another port, or let devpm lease one: `devpm up --ports auto`": {
			engine.PortWish{Published: 80, HostIP: "0.0.0.0"}, engine.Holder{Container: "a-w-1", Project: "a", Service: "w"},
		},
		"odpm.json:3:5: error DPM5020: services.w.ports[0]: port 81 is held by container a-w-1 of project a in " + worktree + "\n    fix: stop it with `devpm -C " + worktree + " down`, publish another port, or let devpm lease one: `devpm up --ports auto`": {
			engine.PortWish{Published: 81}, engine.Holder{Container: "a-w-1", Project: "a", Service: "w", Dir: worktree},
		},
		"odpm.json:3:5: error DPM5020: services.w.ports[0]: port 82 is held by container a-w-1 of project a in /gone\n    fix: stop it with `docker compose -p a stop w`, publish another port, or let devpm lease one: `devpm up --ports auto`": {
			engine.PortWish{Published: 82}, engine.Holder{Container: "a-w-1", Project: "a", Service: "w", Dir: "/gone"},
		},
		"odpm.json:3:5: error DPM5020: services.w.ports[0]: port 53/udp on 127.0.0.1 is held by container dns\n    fix: stop it with `docker stop dns`, publish another port, or let devpm lease one: `devpm up --ports auto`": {
			engine.PortWish{Published: 53, HostIP: "127.0.0.1", Protocol: "udp"}, engine.Holder{Container: "dns"},
		},
		"odpm.json:3:5: error DPM5020: services.w.ports[0]: port 80 is held by process 7 (nginx) of user www\n    fix: end that process, publish another port, or let devpm lease one: `devpm up --ports auto`": {
			engine.PortWish{Published: 80}, engine.Holder{PID: 7, Process: "nginx", User: "www"},
		},
		"odpm.json:3:5: error DPM5020: services.w.ports[0]: port 80 is held by another process\n    fix: end that process, publish another port, or let devpm lease one: `devpm up --ports auto`": {
			engine.PortWish{Published: 80}, engine.Holder{},
		},
	} {
		if got := engine.PortTaken(wish.w, wish.h, at, "services.w.ports[0]").String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}

	if d, low := engine.DiskLow(engine.Info{FreeBytes: 1234 << 20, DataRoot: "/var/lib/docker"}); !low || d.String() != "warning DPM5021: 1234 MiB are left on the disk of /var/lib/docker\n    fix: free space, for example with `docker system prune`" {
		t.Errorf("%v %s", low, d)
	}
	for _, free := range []int64{-1, 3 << 30} {
		if _, low := engine.DiskLow(engine.Info{FreeBytes: free}); low {
			t.Errorf("%d bytes are called low", free)
		}
	}

	dirs := []string{"/srv/shop", "/old/shop"}
	if d, is := engine.NameElsewhere("/srv/shop", "shop-1234abcd", dirs); !is || d.Severity != diag.Notice ||
		d.Message != `the project name "shop" belongs to /old/shop; this one is called shop-1234abcd` {
		t.Errorf("%v %s", is, d)
	}
	if _, is := engine.NameElsewhere("/srv/shop", "shop", nil); is {
		t.Error("the default name needs no notice")
	}
}
