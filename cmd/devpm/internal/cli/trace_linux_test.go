package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// traced are the system calls that start a program or change a file.
const traced = "execve,execveat,open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir," +
	"symlink,symlinkat,link,linkat,chmod,fchmodat,chown,lchown,fchownat,truncate,mknod,mknodat,utimensat,setxattr,lsetxattr"

// clone is a fresh clone whose author means harm: whatever it names would leave
// a file behind, outside of it.
type clone struct {
	root, dir, home, state, bin string
	pwned                       string
}

func (c *clone) write(t *testing.T, name, text string) {
	t.Helper()
	path := name
	if !filepath.IsAbs(name) {
		path = filepath.Join(c.dir, name)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	mode := os.FileMode(0o644)
	if strings.HasPrefix(text, "#!") {
		mode = 0o755
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// hostileClone makes one. Its odoo stack keeps repositories in the clone, so
// that planning wants to ask git about one that came with it.
func hostileClone(t *testing.T) *clone {
	t.Helper()
	root := t.TempDir()
	c := &clone{root: root, dir: filepath.Join(root, "clone"), home: filepath.Join(root, "home"), state: filepath.Join(root, "state"), bin: filepath.Join(root, "bin")}
	c.pwned = filepath.Join(root, "pwned")
	evil := "#!/bin/sh\necho \"$0 $*\" >>" + c.pwned + "\n"
	for _, name := range []string{"evil.sh", "bin/git", "bin/docker", "bin/docker-compose", ".venv/bin/python3", ".git/hooks/post-checkout"} {
		c.write(t, name, evil)
	}
	hook := `[["` + "./evil.sh" + `"]]`
	c.write(t, "odpm.json", `{
  "manifest_schema": 2, "requires_odpm": "4.5.0", "stack": "odoo",
  "platform": {"git": "https://github.com/odoo/odoo.git 17.0"}, "python": "3.11", "distro": {"name": "debian", "version": "12"}, "postgres": "15",
  "services": {"web": {"image": "web", "privileged": true, "volumes": ["/:/host", "/var/run/docker.sock:/s"], "environment": {"A": "${@secret:a}"}}},
  "secrets": {"provider": {"type": "exec", "command": ["./evil.sh", "secrets"]}},
  "hooks": {"post_clone": `+hook+`, "post_prepare": `+hook+`, "pre_up": `+hook+`, "post_up": `+hook+`, "pre_down": `+hook+`, "post_down": `+hook+`}
}
`)
	c.write(t, ".env", strings.Join([]string{
		"ODOO_PROJECTS_DIR=./src", "PATH=" + c.dir + "/bin", "LD_PRELOAD=./evil.so", "GIT_SSH_COMMAND=./evil.sh", "GIT_EXTERNAL_DIFF=./evil.sh", "GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=core.fsmonitor", "GIT_CONFIG_VALUE_0=./evil.sh", "DOCKER_HOST=unix:///tmp/evil.sock", "COMPOSE_FILE=evil.yml", "COMPOSE_PROFILES=evil",
		"DEVPM_COMPOSE=./evil.sh", "DEVPM_PYTHON=./evil.sh", "VIRTUAL_ENV=.venv", "XDG_STATE_HOME=" + c.dir + "/state", "HOME=" + c.dir, "DEVPM_TRUST=x", "",
	}, "\n"))
	c.write(t, ".odpm/plugins/evil.py", "open('"+c.pwned+"','w')")
	provider := "services: {web: {provider: {type: ./evil.sh}}}\n"
	c.write(t, "docker-compose.yml", provider)
	c.write(t, "docker-compose.override.yml", provider)
	c.write(t, "compose.yaml", provider)

	repo := filepath.Join(c.dir, "src", "github.com", "odoo", "odoo")
	c.write(t, filepath.Join(repo, "file"), "one\n")
	c.git(t, repo, "init", "-q", "-b", "main")
	c.git(t, repo, "add", ".")
	c.git(t, repo, "commit", "-qm", "x")
	c.git(t, repo, "branch", "17.0")
	c.git(t, repo, "commit", "-q", "--allow-empty", "-m", "y")
	c.write(t, filepath.Join(repo, ".gitattributes"), "* filter=evil diff=evil\n")
	c.write(t, filepath.Join(repo, "file"), "one\n") // newer than the index knows: git looks into it
	for key, value := range map[string]string{
		"core.fsmonitor": "../../../../evil.sh", "core.hooksPath": "../../../../.git/hooks", "core.sshCommand": "./evil.sh", "filter.evil.clean": c.dir + "/evil.sh",
		"filter.evil.process": c.dir + "/evil.sh", "diff.evil.textconv": c.dir + "/evil.sh", "remote.origin.url": "https://github.com/odoo/odoo.git",
	} {
		c.git(t, repo, "config", key, value)
	}
	c.write(t, ".git/config", "[core]\n\tfsmonitor = ./evil.sh\n\tsshCommand = ./evil.sh\n")
	c.write(t, ".git/HEAD", "ref: refs/heads/main\n")

	// The user's docker does nothing; its own file says what it was asked for.
	c.write(t, filepath.Join(c.bin, "docker"), "#!/bin/sh\ncase \"$*\" in *version*) echo 2.29.1;; esac\n")
	for _, dir := range []string{c.home, c.state} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *clone) git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.root, "GIT_CONFIG_NOSYSTEM=1"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// run traces one devpm and returns what it printed, its status and what it did.
func (c *clone) run(t *testing.T, binary string, args ...string) (out string, status int, calls []syscallLine) {
	t.Helper()
	log := filepath.Join(c.root, "trace")
	cmd := exec.Command("strace", append([]string{"-f", "-qq", "-y", "-s", "4096", "-v", "-e", "signal=none", "-e", "trace=" + traced, "-o", log, binary}, args...)...)
	cmd.Dir = c.dir
	cmd.Env = []string{
		"PATH=" + c.bin + ":" + os.Getenv("PATH"), "HOME=" + c.home, "XDG_STATE_HOME=" + c.state, "XDG_CONFIG_HOME=" + c.home + "/config", "XDG_CACHE_HOME=" + c.home + "/cache",
		"DOCKER_HOST=unix://" + c.root + "/no-engine.sock", "GIT_CONFIG_NOSYSTEM=1", "TERM=dumb",
	}
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	trace, err := os.ReadFile(log)
	if err != nil {
		t.Fatalf("no trace: %v\n%s", err, text)
	}
	return string(text), cmd.ProcessState.ExitCode(), parseTrace(string(trace), c.dir)
}

// syscallLine is one call that succeeded.
type syscallLine struct {
	name, text string
	paths      []string // absolute, as far as the trace tells
}

var (
	callStart = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	resumed   = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
	located   = regexp.MustCompile(`(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"`)
	wrote     = regexp.MustCompile(`O_WRONLY|O_RDWR|O_CREAT|O_TRUNC`)
)

func parseTrace(text, dir string) (calls []syscallLine) {
	unfinished := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := resumed.FindStringSubmatch(line); m != nil {
			line = unfinished[m[1]] + m[2]
		} else if head, ok := strings.CutSuffix(line, "<unfinished ...>"); ok {
			pid, _, _ := strings.Cut(line, " ")
			unfinished[pid] = head
			continue
		}
		m := callStart.FindStringSubmatch(line)
		if m == nil || strings.Contains(line, ") = -1 ") {
			continue
		}
		call := syscallLine{name: m[2], text: m[2] + "(" + m[3]}
		args := m[3]
		if strings.HasPrefix(call.name, "exec") {
			calls = append(calls, call)
			continue
		}
		if strings.HasPrefix(call.name, "open") && !wrote.MatchString(args[strings.LastIndexByte(args, '"')+1:]) {
			continue
		}
		for _, found := range located.FindAllStringSubmatch(args, -1) {
			path := found[2]
			if !filepath.IsAbs(path) {
				base := found[1]
				if base == "" {
					base = dir
				}
				path = filepath.Join(base, path)
			}
			if real, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
				path = filepath.Join(real, filepath.Base(path))
			}
			call.paths = append(call.paths, path)
		}
		if strings.HasPrefix(call.name, "symlink") && len(call.paths) == 2 {
			call.paths = call.paths[1:] // the first is where it leads
		}
		calls = append(calls, call)
	}
	return calls
}

// judge names what an untrusted clone must not lead to.
func (c *clone) judge(calls []syscallLine, binary string) (bad []string) {
	gitProgram, _ := exec.LookPath("git")
	for _, call := range calls {
		if strings.HasPrefix(call.name, "exec") {
			if !c.fixed(call.text, binary, gitProgram) {
				bad = append(bad, "starts "+call.text)
			}
			continue
		}
		for _, path := range call.paths {
			ok := slices.ContainsFunc([]string{filepath.Join(c.dir, ".odpm"), filepath.Join(c.state, "devpm"), c.state, "/dev/null", "/dev/tty"}, func(dir string) bool {
				return path == dir || strings.HasPrefix(path, dir+"/")
			})
			if !ok {
				bad = append(bad, "changes "+call.text)
			}
		}
	}
	if text, err := os.ReadFile(c.pwned); err == nil {
		bad = append(bad, "ran "+string(text))
	}
	return bad
}

// The shapes of command lines that are fixed: nothing of the project is in them
// but its name and directories of repositories.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`^"docker", "compose", "version"`),
	regexp.MustCompile(`^"docker", "compose", "-f", "docker-compose\.yml", "--project-directory", "\.", "--env-file", "/dev/null", "-p", "[a-z0-9_-]+"`),
	regexp.MustCompile(`^"git", "--version"$`),
	regexp.MustCompile(`^"git", "-C", "[^"]*", "-c", "core\.hooksPath=/dev/null", "-c", "core\.fsmonitor=false", "-c", "protocol\.ext\.allow=never"`),
}

var argvOf = regexp.MustCompile(`^execve\("([^"]*)", \[(.*?)\], `)

func (c *clone) fixed(text, binary, gitProgram string) bool {
	m := argvOf.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	program, argv := m[1], m[2]
	if program == binary {
		return true
	}
	if program != gitProgram && program != filepath.Join(c.bin, "docker") {
		return false
	}
	argv = strings.Replace(argv, `"`+program+`"`, `"`+filepath.Base(program)+`"`, 1)
	return slices.ContainsFunc(shapes, func(shape *regexp.Regexp) bool { return shape.MatchString(argv) })
}

// tracedArgs are the arguments that a command needs to do its work; one that is
// not here runs without any, and with --help's own usage error the test fails,
// so that a new command is not passed over.
var tracedArgs = map[string][][]string{
	"devpm completion":        {{"bash"}},
	"devpm schema manifest":   {{}},
	"devpm lock update":       {{}, {"odoo/odoo"}},
	"devpm exec":              {{"-T", "web", "true"}},
	"devpm compose":           {{"--", "ps"}},
	"devpm explain":           {{"services.web.image"}},
	"devpm port":              {{"web", "80"}},
	"devpm plan":              {{}, {"--format", "json"}, {"--show-diff", "--update"}, {"--skip-start"}},
	"devpm up":                {{}, {"--skip-start"}, {"--build", "--force-recreate"}, {"--update"}},
	"devpm down":              {{}, {"--volumes", "--data"}},
	"devpm trust":             {{"--show"}, {}, {"--format", "json"}, {"--revoke"}},
	"devpm manifest validate": {{}, {"odpm.json"}},
	"devpm ext test":          {{".odpm"}},
	"devpm ext install":       {{}, {"./tools.zip"}, {"tools"}},
	"devpm ext inspect":       {{"tools"}, {"./tools.zip"}},
	"devpm ext remove":        {{"tools"}},
	"devpm ext enable":        {{"tools"}},
	"devpm ext disable":       {{"tools"}},
	"devpm ext verify":        {{"./tools.zip"}},
	"devpm ext task launch":   {{"tools"}},
}

// writers are the commands that write what they name, wherever it is (show 5).
var writers = []string{"devpm init", "devpm vendor", "devpm eject", "devpm ext init", "devpm ext build", "devpm ext download", "devpm ext keygen", "devpm ext sign"}

func commands(cmd *cobra.Command) (out []*cobra.Command) {
	if cmd.RunE != nil {
		out = append(out, cmd)
	}
	for _, c := range cmd.Commands() {
		out = append(out, commands(c)...)
	}
	return out
}

// TestUntrustedCloneTraced runs every command of devpm in a hostile clone under
// strace: none starts anything but git and docker with fixed arguments, and
// none changes anything outside of .odpm and devpm's own state.
func TestUntrustedCloneTraced(t *testing.T) {
	if out, err := exec.Command("strace", "-f", "true").CombinedOutput(); err != nil {
		t.Skipf("TestUntrustedCloneTraced needs strace and the right to trace: %v %s", err, out)
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("TestUntrustedCloneTraced needs git")
	}
	binary := filepath.Join(t.TempDir(), "devpm")
	if out, err := exec.Command("go", "build", "-o", binary, "../..").CombinedOutput(); err != nil {
		t.Fatalf("building devpm: %v\n%s", err, out)
	}

	t.Run("the judge sees what a trusted run does", func(t *testing.T) {
		c := hostileClone(t)
		// The sandbox keeps a plugin from writing while planning, trusted or not,
		// and that ends the run.
		if err := os.Remove(filepath.Join(c.dir, ".odpm/plugins/evil.py")); err != nil {
			t.Fatal(err)
		}
		out, _, calls := c.run(t, binary, "up", "--trust", "--skip-start", "--no-git-update")
		bad := strings.Join(c.judge(calls, binary), "\n")
		if !strings.Contains(bad, "evil.sh") {
			t.Errorf("it does not:\n%s\n%s", out, bad)
		}
	})

	for _, cmd := range commands(newRootCmd(newApp(Host{}))) {
		path := cmd.CommandPath()
		if slices.Contains(writers, path) {
			continue
		}
		variants := tracedArgs[path]
		if variants == nil {
			variants = [][]string{{}}
		}
		for _, extra := range variants {
			args := append(strings.Fields(path)[1:], extra...)
			t.Run(strings.Join(args, " "), func(t *testing.T) {
				for _, linked := range []bool{false, true} {
					c := hostileClone(t)
					if linked { // the project's own folder leads somewhere else
						outside := filepath.Join(c.root, "outside")
						if err := os.Rename(filepath.Join(c.dir, ".odpm"), outside); err != nil {
							t.Fatal(err)
						}
						if err := os.Symlink(outside, filepath.Join(c.dir, ".odpm")); err != nil {
							t.Fatal(err)
						}
					}
					out, status, calls := c.run(t, binary, args...)
					if status == exitUsage {
						t.Errorf("say in tracedArgs how this command is used:\n%s", out)
					}
					if asks := path == "devpm up" || path == "devpm lock update"; asks && status != exitUntrusted {
						t.Errorf("status %d: nobody was asked\n%s", status, out)
					}
					if bad := c.judge(calls, binary); len(bad) > 0 {
						t.Errorf("linked %v, status %d: it\n%s\n%s", linked, status, strings.Join(bad, "\n"), out)
					}
				}
			})
		}
	}
}
