package ports

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func nobody(string, string, int) string { return "" }

// claim reads "web 127.0.0.1:8080-8082/udp".
func claim(service, text string) Claim {
	c := Claim{Service: service, Protocol: "tcp", Container: 80, Count: 1}
	text, c.Protocol, _ = strings.Cut(text, "/")
	if c.Protocol == "" {
		c.Protocol = "tcp"
	}
	if i := strings.LastIndex(text, ":"); i >= 0 {
		c.HostIP, text = text[:i], text[i+1:]
	}
	last := 0
	if n, _ := fmt.Sscanf(text, "%d-%d", &c.Written, &last); n == 2 {
		c.Count = last - c.Written + 1
	}
	return c
}

func TestAssign(t *testing.T) {
	others := Table{Trees: map[string]Tree{"/other": {Leases: []Lease{
		{Claim: claim("web", "8080"), Port: 8080},
		{Claim: claim("api", "127.0.0.1:9090"), Port: 9090},
		{Claim: claim("dns", "5353/udp"), Port: 5353},
		{Claim: claim("six", "::1:7070"), Port: 7070},
		{Claim: claim("x", "9999-9999"), Port: 28000},
	}}}}
	held := func(_, protocol string, port int) string {
		if protocol == "tcp" && (port == 5432 || port == 25432) {
			return "process 7 (postgres)"
		}
		return ""
	}
	for _, tt := range []struct{ name, ask, want string }{
		{"free", "3000", "3000"},
		{"leased by another work tree", "8080", "28080 is leased to /other"},
		{"other protocol", "8080/udp", "8080"},
		{"same protocol, udp", "5353/udp", "25353 is leased to /other"},
		{"all addresses clash with one", "9090", "29090 is leased to /other"},
		{"another address does not", "127.0.0.2:9090", "9090"},
		{"IPv6 loopback", "::1:7070", "27070 is leased to /other"},
		{"IPv4 beside IPv6 loopback", "127.0.0.1:7070", "7070"},
		{"held, and the next choice too", "5432", "25433 is held by process 7 (postgres)"},
		{"a block moves as one", "8079-8081", "28079 is leased to /other"},
		{"a block beside a lease", "7998-8000", "7998"},
		{"a block never leaves the range", "18080-18081", "18080"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			leases, err := others.Assign("/mine", []Claim{claim("w", tt.ask)}, held)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.TrimSpace(fmt.Sprint(leases[0].Port, " ", leases[0].Why))
			if got != tt.want {
				t.Errorf("%s: got %s, want %s", tt.ask, got, tt.want)
			}
		})
	}
}

func TestBlocksStayInTheRange(t *testing.T) {
	all := func(_, _ string, port int) string {
		if port < RangeFirst {
			return "somebody"
		}
		return ""
	}
	leases, err := Table{}.Assign("/mine", []Claim{claim("w", "9998-10001")}, all)
	if err != nil || leases[0].Port != RangeFirst {
		t.Errorf("got %v, %v; a block at 29998 would end above %d", leases, err, RangeLast)
	}
	_, err = Table{}.Assign("/mine", []Claim{claim("w", "80")}, func(string, string, int) string { return "somebody" })
	if _, ok := errors.AsType[*ExhaustedError](err); !ok {
		t.Errorf("got %v", err)
	}
}

func TestTwoServicesOfOneTree(t *testing.T) {
	leases, err := Table{}.Assign("/mine", []Claim{claim("a", "8080"), claim("b", "8080")}, nobody)
	if err != nil {
		t.Fatal(err)
	}
	if leases[0].Port != 8080 || leases[1].Port != 28080 || leases[1].Why != "is leased to service a" {
		t.Errorf("%+v", leases)
	}
}

// TestLeasesAreKept: as long as nobody takes its port, a work tree has the same
// one, whatever becomes of the reason that it was moved for.
func TestLeasesAreKept(t *testing.T) {
	state, one, two := t.TempDir(), t.TempDir(), t.TempDir()
	take := func(dir string, held Held, claims ...Claim) []int {
		t.Helper()
		leases, err := Take(t.Context(), state, dir, true, claims, held)
		if err != nil {
			t.Fatal(err)
		}
		var out []int
		for _, l := range leases {
			out = append(out, l.Port)
		}
		return out
	}
	web := claim("web", "8080")
	want := func(got []int, ports ...int) {
		t.Helper()
		if d := cmp.Diff(ports, got); d != "" {
			t.Error(d)
		}
	}
	want(take(one, nobody, web), 8080)
	want(take(two, nobody, web), 28080)
	if err := Release(t.Context(), state, one); err != nil {
		t.Fatal(err)
	}
	want(take(two, nobody, web), 28080) // 8080 is free again; the lease stays
	// Why it is kept: somebody holds the written port, or nobody any more.
	table, err := Read(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"", "process 1 (x)"} {
		leases, err := table.Assign(two, []Claim{web}, func(_, _ string, port int) string {
			if port == 8080 {
				return who
			}
			return ""
		})
		why := ""
		if who != "" {
			why = "is held by " + who
		}
		if err != nil || leases[0].Port != 28080 || leases[0].Why != why {
			t.Errorf("8080 is held by %q: %+v, %v", who, leases, err)
		}
	}
	// A new claim must not take what a later one has leased.
	want(take(two, nobody, claim("new", "28080"), web), 28081, 28080)
	// Somebody takes the port itself: only then it moves.
	want(take(two, func(_, _ string, port int) string {
		if port == 28080 {
			return "process 1 (x)"
		}
		return ""
	}, web), 8080)

	// A directory that is gone has lost its leases.
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o755); err != nil {
		t.Fatal(err)
	}
	want(take(gone, nobody, claim("w", "4000")), 4000)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	want(take(one, nobody, claim("w", "4000")), 4000)
	table, err = Read(state)
	if err != nil || len(table.Trees) != 2 {
		t.Errorf("%v, %v", table, err)
	}
	info, err := os.Stat(filepath.Join(state, FileName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestRaces: many work trees take at the same time, and none gets another's.
func TestRaces(t *testing.T) {
	state := t.TempDir()
	const trees = 16
	var mu sync.Mutex
	got := map[int]bool{}
	var group sync.WaitGroup
	for range trees {
		dir := t.TempDir()
		group.Go(func() {
			leases, err := Take(t.Context(), state, dir, false, []Claim{claim("web", "8080")}, nobody)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || got[leases[0].Port] {
				t.Errorf("%v, %v", leases, err)
				return
			}
			got[leases[0].Port] = true
		})
	}
	group.Wait()
	if len(got) != trees {
		t.Errorf("%d ports for %d work trees", len(got), trees)
	}
}

func TestBrokenTableIsRefused(t *testing.T) {
	for _, text := range []string{"{", `{"version": 2}`} {
		state := t.TempDir()
		if err := os.WriteFile(filepath.Join(state, FileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(state); err == nil {
			t.Errorf("%s was read", text)
		}
		if _, err := Take(t.Context(), state, state, false, nil, nobody); err == nil {
			t.Errorf("%s was replaced", text)
		}
		if after, _ := os.ReadFile(filepath.Join(state, FileName)); string(after) != text {
			t.Errorf("%s became %s", text, after)
		}
	}
}
