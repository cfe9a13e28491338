package sandbox_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/devpm/devpm/extensions/sandbox"
)

// planted is a world with what the attempts need, and what says whether any
// came through.
type planted struct {
	world
	heard atomic.Int64 // connections and datagrams
}

func newWorld(t *testing.T) *planted {
	t.Helper()
	p := &planted{world: world{dir: t.TempDir()}}
	write := func(name, content string) {
		if err := os.WriteFile(p.at(name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"file", "other", "rename", "unlink"} {
		write(name, "content of "+name)
	}
	if err := os.Mkdir(p.at("empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setxattr(p.at("file"), "user.planted", []byte("x"), 0); err != nil {
		t.Logf("no extended attributes here: %v", err)
	}
	listen := func(network, address string) net.Addr {
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				p.heard.Add(1)
				c.Close()
			}
		}()
		return l.Addr()
	}
	packets := func(network, address string) net.Addr {
		l, err := net.ListenPacket(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				if _, _, err := l.ReadFrom(make([]byte, 9)); err != nil {
					return
				}
				p.heard.Add(1)
			}
		}()
		return l.LocalAddr()
	}
	write("tcp", listen("tcp", "127.0.0.1:0").String())
	write("udp", packets("udp", "127.0.0.1:0").String())
	listen("unix", p.at("docker.sock"))
	packets("unixgram", p.at("log.sock"))
	abstract := fmt.Sprintf("@devpm-sandbox-%d", os.Getpid())
	write("abstract", abstract+filepath.Base(p.dir)+filepath.Base(filepath.Dir(p.dir)))
	listen("unix", said("abstract")(p.world))
	return p
}

// state is all of the world's directory that a write could change.
func (p *planted) state(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(p.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			return err
		}
		content := ""
		if st.Mode&syscall.S_IFMT == syscall.S_IFREG {
			read, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			content = string(read)
		}
		names := make([]byte, 256)
		n, _ := unix.Listxattr(path, names)
		fmt.Fprintf(&b, "%s %o %d:%d links %d size %d changed %d %d %q %q\n", path, st.Mode, st.Uid, st.Gid, st.Nlink, st.Size, st.Mtim.Nano(), st.Ctim.Nano(), content, names[:max(n, 0)])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// run starts a program and returns what it printed on both streams, without
// judging how it ended.
func run(t *testing.T, argv []string) (output string, status *os.ProcessState) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=/nonexistent", "PYTHONDONTWRITEBYTECODE=1"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// attemptAll makes the attempts in a world and returns what came of each: done,
// refused, or what else the program said. hold makes the command that holds a
// program in.
func attemptAll(t *testing.T, w world, names []string, hold func(argv []string) []string) map[string]string {
	t.Helper()
	base := []string{self(t), "attempt", w.dir}
	together := slices.Clone(base)
	var runs [][]string
	for _, a := range attempts {
		switch {
		case !slices.Contains(names, a.name):
		case a.alone:
			runs = append(runs, append(slices.Clone(base), a.name))
		default:
			together = append(together, a.name)
		}
	}
	if len(together) > len(base) {
		runs = append(runs, together)
	}
	said := map[string]string{}
	for _, argv := range runs {
		output, status := run(t, hold(argv))
		for _, name := range argv[len(base):] {
			said[name] = fmt.Sprintf("%s after %q", status, output)
			for line := range strings.Lines(output) {
				if rest, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok && (rest == "done" || strings.HasPrefix(rest, "refused: ")) {
					said[name] = rest
				}
			}
		}
	}
	return said
}

func allNames() (names []string) {
	for _, a := range attempts {
		names = append(names, a.name)
	}
	return names
}

func held(t *testing.T, k sandbox.Kernel, p sandbox.Profile) func([]string) []string {
	path := self(t)
	return func(argv []string) []string { return k.Command(path, p, argv) }
}

// enforcing skips where this machine's kernel offers less than is tested.
func enforcing(t *testing.T) sandbox.Kernel {
	t.Helper()
	k := sandbox.This()
	if !k.Filter || !k.Once || k.Landlock == 0 {
		t.Skipf("the sandbox is not complete on this machine: %v", sandbox.Probe().Missing)
	}
	return k
}

// Without the sandbox the attempts come through, or the others would show
// nothing.
func TestAttemptsComeThroughWithoutTheSandbox(t *testing.T) {
	w := newWorld(t)
	before := w.state(t)
	for name, said := range attemptAll(t, w.world, allNames(), func(argv []string) []string { return argv }) {
		i := slices.IndexFunc(attempts, func(a attempt) bool { return a.name == name })
		switch {
		case said == "done":
		case attempts[i].kind == kindNever || attempts[i].kind == kindPeek:
			t.Logf("%s: this machine refuses it anyway: %s", name, said)
		default:
			t.Errorf("%s: %s", name, said)
		}
	}
	if w.state(t) == before {
		t.Error("nothing was written")
	}
	if w.heard.Load() == 0 {
		t.Error("nothing was heard")
	}
}

// What the attempts do is refused while planning, on this kernel and with what
// older ones offer, and nothing has happened.
func TestPlanningRefusesEverything(t *testing.T) {
	k := enforcing(t)
	tests := []struct {
		name   string
		kernel sandbox.Kernel
		open   []string // kinds and names that this kernel cannot refuse
	}{
		{"this kernel", k, nil},
		{"Landlock before scopes", sandbox.Kernel{Landlock: 5, Filter: true, Once: true}, nil},
		{"Landlock before truncation", sandbox.Kernel{Landlock: 2, Filter: true, Once: true}, nil},
		{"first Landlock", sandbox.Kernel{Landlock: 1, Filter: true, Once: true}, nil},
		{"no Landlock", sandbox.Kernel{Filter: true, Once: true}, []string{kindPeek}},
		{"no listener", sandbox.Kernel{Landlock: k.Landlock, Filter: true}, []string{"exec", "exec from another thread"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.kernel.Landlock > k.Landlock {
				t.Skipf("this kernel's Landlock is %d", k.Landlock)
			}
			w := newWorld(t)
			before := w.state(t)
			for name, said := range attemptAll(t, w.world, allNames(), held(t, tt.kernel, sandbox.Profile{})) {
				i := slices.IndexFunc(attempts, func(a attempt) bool { return a.name == name })
				if slices.Contains(tt.open, attempts[i].kind) || slices.Contains(tt.open, name) {
					continue
				}
				if !refused(said) {
					t.Errorf("%s: %s", name, said)
				}
			}
			if after := w.state(t); after != before {
				t.Errorf("the directory was changed:\n%s\nbefore:\n%s", after, before)
			}
			if n := w.heard.Load(); n != 0 {
				t.Errorf("%d messages came through", n)
			}
		})
	}
}

// Each permission of a profile allows its own kind of attempts and no other.
func TestExecutingAllowsWhatIsDeclared(t *testing.T) {
	k := enforcing(t)
	if k.Landlock < 6 {
		t.Skipf("this kernel's Landlock is %d", k.Landlock)
	}
	for _, profile := range []string{"", kindWrite, kindNetwork, kindSpawn, kindWrite + kindNetwork + kindSpawn} {
		t.Run(cmp.Or(profile, "nothing"), func(t *testing.T) {
			w := newWorld(t)
			p := sandbox.Profile{Network: strings.Contains(profile, kindNetwork), Spawn: strings.Contains(profile, kindSpawn)}
			if strings.Contains(profile, kindWrite) {
				p.Write = []string{w.dir}
			}
			for name, said := range attemptAll(t, w.world, allNames(), held(t, k, p)) {
				i := slices.IndexFunc(attempts, func(a attempt) bool { return a.name == name })
				allowed := strings.Contains(profile, attempts[i].kind) && name != "exec after answering for itself"
				if allowed && said != "done" || !allowed && !refused(said) {
					t.Errorf("%s: %s", name, said)
				}
			}
		})
	}
}

// Writes outside of the allowed directories are refused, by whatever way.
func TestExecutingWritesOnlyInside(t *testing.T) {
	k := enforcing(t)
	for _, version := range []int{1, 2, 3, k.Landlock} {
		t.Run(fmt.Sprintf("Landlock %d", version), func(t *testing.T) {
			if version > k.Landlock {
				t.Skipf("this kernel's Landlock is %d", k.Landlock)
			}
			k.Landlock = version
			inside, outside := newWorld(t), newWorld(t)
			for name, target := range map[string]string{"to file": outside.at("file"), "to dir": outside.dir} {
				if err := os.Symlink(target, inside.at(name)); err != nil {
					t.Fatal(err)
				}
			}
			before := outside.state(t)
			// chmod, chown and times are not Landlock's: docs/sandbox.md says so.
			script := `
in=$1 out=$2
try() { name=$1; shift; if "$@" 2>/dev/null; then echo "$name done"; else echo "$name refused"; fi; }
over() { echo overwritten > "$1"; }
try "inside" over $in/file
try "inside, new" over $in/new
try "inside, deeper" mkdir -p $in/a/b/c
try "inside, moved" mv $in/new $in/a/moved
try "null" over /dev/null
try "outside" over $out/file
try "outside, new" over $out/new
try "outside, through .." over $in/../$(basename $out)/file
try "through a link" over "$in/to file"
try "through a linked directory" over "$in/to dir/new"
try "removing" rm -f $out/unlink
try "removing through a linked directory" rm -f "$in/to dir/unlink"
try "moving out" mv $in/other $out/moved
try "moving in" mv $out/rename $in/stolen
try "linking in" ln $out/file $in/hard
try "linking out" ln $in/file $out/hard
try "emptying" truncate -s 0 $out/file
try "temporary" over /tmp/devpm-sandbox-$$
try "shared memory" over /dev/shm/devpm-sandbox-$$
try "terminal" over /dev/tty
try "of the kernel" over /proc/self/oom_score_adj
`
			output, _ := run(t, k.Command(self(t), sandbox.Profile{Write: []string{inside.dir}, Spawn: true}, []string{"/bin/sh", "-c", script, "sh", inside.dir, outside.dir}))
			for line := range strings.Lines(output) {
				name := strings.TrimSpace(line)
				allowed := strings.HasPrefix(name, "inside") || strings.HasPrefix(name, "null")
				if allowed != strings.HasSuffix(name, " done") {
					t.Error(name)
				}
			}
			if n := strings.Count(output, "\n"); n != 21 {
				t.Errorf("%d lines:\n%s", n, output)
			}
			if after := outside.state(t); after != before {
				t.Errorf("the outside was changed:\n%s\nbefore:\n%s", after, before)
			}
			if b, err := os.ReadFile(inside.at("a/b/c")); err == nil {
				t.Errorf("a directory with content %q", b)
			}
			if b, _ := os.ReadFile(inside.at("file")); string(b) != "overwritten\n" {
				t.Errorf("the file inside holds %q", b)
			}
		})
	}
}

// The calls of another processor would pass by their numbers.
func TestOtherNumberingsAreKilled(t *testing.T) {
	k := enforcing(t)
	if runtime.GOARCH != "amd64" {
		t.Skip("only amd64 has others")
	}
	python := python3(t)
	tests := map[string]string{
		"i386": "b814000000cd80c3",     // mov eax, 20 (getpid); int 0x80; ret
		"x32":  "b8270000400f05c3",     // mov eax, 0x40000027 (getpid); syscall; ret
		"own":  "b8270000000f0531c0c3", // mov eax, 39 (getpid); syscall; xor eax, eax; ret
	}
	for name, code := range tests {
		_, status := run(t, k.Command(self(t), sandbox.Profile{}, []string{python, "-c", `
import ctypes, mmap
m = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
m.write(bytes.fromhex("` + code + `"))
ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()
`}))
		ws := status.Sys().(syscall.WaitStatus)
		if name == "own" {
			if !status.Success() {
				t.Errorf("a call of its own processor: %s", status)
			}
			continue
		}
		if !ws.Signaled() || ws.Signal() != syscall.SIGSYS {
			t.Errorf("%s: %s", name, status)
		}
	}
}
