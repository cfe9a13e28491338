package sandbox

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var (
	executing = Profile{Write: []string{"/p"}}
	spawning  = Profile{Write: []string{"/p"}, Spawn: true}
)

func TestLevels(t *testing.T) {
	whole := Kernel{Landlock: 7, Filter: true, Once: true}
	no := Kernel{NoLandlock: "NO LANDLOCK", NoFilter: "NO FILTER", NoOnce: "NO ONCE"}
	with := func(change func(*Kernel)) Kernel {
		k := whole
		k.NoLandlock, k.NoFilter, k.NoOnce = no.NoLandlock, no.NoFilter, no.NoOnce
		change(&k)
		return k
	}
	noLandlock := with(func(k *Kernel) { k.Landlock = 0 })
	tests := []struct {
		name    string
		kernel  Kernel
		profile Profile
		want    string   // the level
		missing []string // a part of each sentence
	}{
		{"everything, planning", whole, Profile{}, "full", nil},
		{"everything, executing", whole, spawning, "full", nil},
		{"the first Landlock, planning", with(func(k *Kernel) { k.Landlock = 1 }), Profile{}, "full", nil},
		{"the first Landlock, executing", with(func(k *Kernel) { k.Landlock = 1 }), executing, "full", nil},
		{"Landlock without scopes, starting programs", with(func(k *Kernel) { k.Landlock = 5 }), spawning, "partial", []string{"end your other processes: this needs Landlock of Linux 6.12"}},
		{"no Landlock, planning", noLandlock, Profile{}, "partial", []string{"memory and the environment of your other processes: NO LANDLOCK"}},
		{"no Landlock, executing", noLandlock, executing, "partial", []string{"write outside of the project: NO LANDLOCK", "memory and the environment"}},
		{"no Landlock, starting programs", noLandlock, spawning, "partial", []string{"write outside", "memory", "end your other processes"}},
		{"no listener", with(func(k *Kernel) { k.Once = false }), Profile{}, "partial", []string{"turn itself into another program, which is held in like itself: NO ONCE"}},
		{"no listener, which a program that starts others needs not", with(func(k *Kernel) { k.Once = false }), spawning, "full", nil},
		{"no filter", with(func(k *Kernel) { k.Filter = false }), executing, "none", []string{"permissions, owners, times", "sockets can be opened and programs started: NO FILTER"}},
		{"nothing", no, spawning, "none", []string{"files can be changed, sockets opened and programs started: NO FILTER; NO LANDLOCK"}},
	}
	for _, tt := range tests {
		l := tt.kernel.Level(tt.profile)
		if l.String() != tt.want || len(l.Missing) != len(tt.missing) {
			t.Errorf("%s: %s, %q", tt.name, l, l.Missing)
			continue
		}
		for i, part := range tt.missing {
			if !strings.Contains(l.Missing[i], part) {
				t.Errorf("%s: %q does not say %q", tt.name, l.Missing[i], part)
			}
		}
		if l.Full() != (len(l.Missing) == 0) {
			t.Errorf("%s: full is %t with %q", tt.name, l.Full(), l.Missing)
		}
	}
}

func TestProbeSaysWhatThisKernelLacks(t *testing.T) {
	l := Probe()
	if l.Full() != (len(l.Missing) == 0) {
		t.Errorf("%s with %q", l, l.Missing)
	}
	if runtime.GOOS != "linux" && l.String() != "none" {
		t.Errorf("%s off Linux", l)
	}
	for _, sentence := range l.Missing {
		if strings.HasSuffix(sentence, ": ") {
			t.Errorf("%q has no reason", sentence)
		}
	}
}

func TestRequestsAreReadAsWritten(t *testing.T) {
	tests := []request{
		{argv: []string{"/bin/true"}},
		{argv: []string{"/bin/x", "--", "write=/etc", "network"}, kernel: Kernel{Landlock: 7, Filter: true, Once: true}},
		{argv: []string{"/bin/x"}, profile: Profile{Write: []string{"/a=b", "/--", "/with space"}, Network: true, Spawn: true, AddressSpace: 4 << 30}},
	}
	for _, want := range tests {
		got, err := parseRequest(want.args())
		if err != nil {
			t.Errorf("%q: %v", want.args(), err)
		}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(request{}), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%q: %s", want.args(), d)
		}
	}
	for _, args := range [][]string{nil, {}, {"--"}, {"network"}, {"sandbox", "--", "/bin/true"}, {"memory=-1", "--", "/x"}, {"memory=1000000", "--", "/x"}, {"landlock=x", "--", "/x"}, {"write", "--", "/x"}, {"filter=no", "--", "/x"}} {
		if r, err := parseRequest(args); err == nil {
			t.Errorf("%q was read: %+v", args, r)
		}
	}
}

func TestCommandStartsTheHelperWhereThereIsOne(t *testing.T) {
	argv := []string{"/usr/bin/python3", "-c", "pass"}
	got := Command("/devpm", Profile{}, argv)
	if !hasHelper {
		if !slices.Equal(got, argv) {
			t.Errorf("%q", got)
		}
		return
	}
	if !slices.Equal(got[:2], []string{"/devpm", Verb}) || !slices.Equal(got[len(got)-4:], append([]string{"--"}, argv...)) {
		t.Errorf("%q", got)
	}
}
