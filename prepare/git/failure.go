package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/prepare"
)

// fault is one thing that git can die of: words of its messages (with LC_ALL=C)
// and what to tell the user. In message and fix, {url} and {dir} are filled in.
type fault struct {
	code    diag.Code
	words   []string // any of them
	message string
	fix     string
}

// The order matters: a server that asks for a login also says "unable to
// access", and a full disk ends a connection "unexpectedly".
var faults = []fault{
	{
		code:    diag.GitDisk,
		words:   []string{"No space left on device", "Disk quota exceeded", "Read-only file system", "insufficient permission for adding an object"},
		message: "git cannot write to {dir}",
		fix:     "free some space or make the directory writable, then run devpm again",
	},
	{
		code:    diag.GitOwner,
		words:   []string{"dubious ownership"},
		message: "{dir} belongs to another user, so git does not use it",
		fix:     "give the directory to yourself, or trust it: git config --global --add safe.directory {dir}",
	},
	{
		code:    diag.GitHeld,
		words:   []string{".lock': File exists", "Another git process seems to be running"},
		message: "another git holds {dir}, or one that was killed left its lock file there",
		fix:     "wait for the other git to end; if none runs, delete the .lock file that git names in {dir}/.git",
	},
	{
		code:    diag.GitLogin,
		words:   []string{"Host key verification failed"},
		message: "the host key of {url} is not known to ssh",
		fix:     "connect once by hand and check the key: ssh -T {host}",
	},
	{
		code: diag.GitLogin,
		words: []string{
			"Authentication failed", "could not read Username", "could not read Password", "Permission denied (", "HTTP Basic: Access denied",
			"returned error: 401", "returned error: 403", "Invalid username", "Permission to ", "terminal prompts disabled",
		},
		message: "the server of {url} wants a login that git does not have; the repository may also not exist",
		fix:     "check the address, then store a login: run `git ls-remote {url}` by hand once, with a credential helper or an ssh key",
	},
	{
		code:    diag.GitCertificate,
		words:   []string{"SSL certificate problem", "certificate verification failed", "certificate verify failed", "SSL: no alternative certificate"},
		message: "the certificate of {url} is not trusted",
		fix:     "give git the certificate authority: git config --global http.sslCAInfo FILE",
	},
	{
		code: diag.GitNotFound,
		words: []string{
			"Repository not found", "repository not found", "' not found", "does not appear to be a git repository",
			"returned error: 404", "repository not exported", "does not exist", "could not be found", "returned error: 410",
		},
		message: "there is no repository at {url}, or you may not see it",
		fix:     "correct the address; for a private repository, store a login for git",
	},
	{
		code:    diag.OfflineRepository,
		words:   []string{"' not allowed"}, // fatal: transport 'https' not allowed
		message: "{url} was not asked, with --offline, and what is wanted of it is not on this machine",
		fix:     "run `devpm vendor` while there is a network, or run without --offline",
	},
	{
		code: diag.GitUnreachable,
		words: []string{
			"Could not resolve host", "Connection refused", "Connection timed out", "Operation timed out", "Network is unreachable",
			"No route to host", "Failed to connect", "Couldn't connect", "unable to connect", "Connection reset", "Could not resolve proxy",
			"hung up unexpectedly", "early EOF", "RPC failed", "Operation too slow", "Temporary failure in name resolution",
			"returned error: 5", "Connection closed", "Empty reply from server", "SSL_connect", "SSL_read", "kex_exchange", "unexpected disconnect",
		},
		message: "the server of {url} cannot be reached",
		fix:     "check the address, the network and the proxy settings, then run devpm again",
	},
}

// diagnose turns an error of a git command into a finding about a repository.
func diagnose(repo prepare.Repository, err error) diag.Diagnostic {
	if found, ok := errors.AsType[*finding](err); ok {
		return found.diagnostic
	}
	var start *execx.StartError
	if errors.As(err, &start) && start.Reason != execx.BadDirectory {
		return newFinding(repo, diag.GitNotInstalled, "git cannot be started, and "+repo.Name+" needs it", "install git, or put it in PATH").diagnostic
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return newFinding(repo, diag.GitFailed, "stopped before "+repo.Name+" was ready", "run devpm again; it goes on where it stopped").diagnostic
	}
	var failed *errFailed
	if !errors.As(err, &failed) {
		return diskFinding(repo, err).diagnostic
	}
	for _, f := range faults {
		if slices.ContainsFunc(f.words, func(w string) bool { return strings.Contains(failed.stderr, w) }) {
			fill := strings.NewReplacer("{url}", Mask(repo.URL), "{dir}", repo.Dir, "{host}", sshHost(repo.URL))
			return newFinding(repo, f.code, fill.Replace(f.message), fill.Replace(f.fix)).diagnostic
		}
	}
	return newFinding(repo, diag.GitFailed,
		fmt.Sprintf("git %s ended with %d in %s: %s", subcommand(failed.argv), failed.code, repo.Dir, lastLines(Mask(failed.stderr), 3)),
		"run the git command by hand in that directory to see more").diagnostic
}

// finding is a diagnostic on its way up as an error.
type finding struct{ diagnostic diag.Diagnostic }

func (f *finding) Error() string { return f.diagnostic.String() }

func newFinding(repo prepare.Repository, code diag.Code, message, fix string) *finding {
	return &finding{diag.Diagnostic{Code: code, Range: repo.Range, Path: repo.Path, Message: message, Fix: fix}}
}

func warning(repo prepare.Repository, code diag.Code, message, fix string) diag.Diagnostic {
	d := newFinding(repo, code, message, fix).diagnostic
	d.Severity = diag.Warning
	return d
}

// diskFinding reports an error of the file system in the words of the system.
func diskFinding(repo prepare.Repository, err error) *finding {
	return newFinding(repo, diag.GitDisk, fmt.Sprintf("%s cannot be made: %s", repo.Dir, plain(err)),
		"make the directory writable or free some space; ODOO_PROJECTS_DIR chooses where repositories go")
}

// plain is the innermost text of an error: "permission denied".
func plain(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// noBranch names the branches that are near the one that is not there.
func noBranch(repo prepare.Repository, branches []string) *finding {
	message := fmt.Sprintf("%s has no branch or tag %q", Mask(repo.URL), repo.Branch)
	near := Near(repo.Branch, branches, 5)
	switch {
	case len(branches) == 0:
		return newFinding(repo, diag.GitBranch, message+", and no other branch", "push a branch, or name another repository")
	case len(near) == 0:
		near = branches[:min(len(branches), 5)]
		fallthrough
	default:
		return newFinding(repo, diag.GitBranch, message,
			fmt.Sprintf("write a branch that exists after the address: %s", strings.Join(near, ", ")))
	}
}

// Near returns up to n of the names that look most like want: those that
// contain it, are contained in it or are a few letters off.
func Near(want string, names []string, n int) []string {
	type scored struct {
		name  string
		score int
	}
	var all []scored
	for _, name := range names {
		score := levenshtein.ComputeDistance(want, name)
		if strings.Contains(name, want) || strings.Contains(want, name) {
			score = min(score, 2)
		}
		if score <= max(2, len(want)/3) {
			all = append(all, scored{name, score})
		}
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.name, b.name)) })
	var out []string
	for _, s := range all[:min(len(all), n)] {
		out = append(out, s.name)
	}
	return out
}

func subcommand(argv []string) string {
	for _, a := range argv[1:] {
		if !strings.HasPrefix(a, "-") {
			return a
		}
	}
	return ""
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}

// sshHost is the "user@host" of an address.
func sshHost(url string) string {
	url = strings.TrimPrefix(url, "ssh://")
	host, _, _ := strings.Cut(url, "/")
	host, _, _ = strings.Cut(host, ":")
	return host
}
