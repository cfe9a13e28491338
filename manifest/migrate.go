package manifest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest/link"
)

// MigrateOptions are what a flat manifest is converted with.
type MigrateOptions struct {
	Level    string // written as requires_odpm; ContractLevel when empty
	LockFile string // the name of deps.lock.json in messages
	Lock     []byte // its content; nil when there is none
}

// Migrate writes a manifest of schema 1 as schema 2 (spec §13): the keys in the
// order of spec §2.2, four spaces deep. It reports what the file has and schema
// 2 does not take over. It returns nil with an error in c when the file has
// faults, or is of schema 2 already. The result is checked as odpm's own schema
// 2, under the name file with " (schema 2)".
func Migrate(file string, src []byte, o MigrateOptions, c *diag.Collector) []byte {
	d := Parse(file, src, c)
	if d == nil {
		return nil
	}
	if d.Root.Get("manifest_schema") == nil && looksNested(d.Root) {
		c.Add(diag.Diagnostic{Code: diag.ManifestNestedAlready, Range: d.place("manifest_schema"),
			Message: "the file has keys of schema 2; only its number is missing", Fix: `add "manifest_schema": 2`})
		return nil
	}
	if n := d.Root.Get("manifest_schema"); n != nil {
		if number, ok := wholeNumber(n); ok && number == maxSchema {
			c.Add(diag.Diagnostic{Code: diag.ManifestNestedAlready, Range: n.Range, Path: "manifest_schema",
				Message: "the file is of schema 2 already", Fix: "there is nothing to convert; check it with `devpm manifest validate`"})
			return nil
		}
	}
	var found diag.Collector
	Load(file, src, Options{Level: o.Level}, &found)
	failed := false
	for _, f := range found.List() {
		switch f.Code {
		case diag.ManifestContractOld, diag.ManifestFlatIgnored, diag.ManifestFlatScenarios: // what the conversion mends or tells itself
		default:
			c.Add(f)
			failed = failed || f.Severity == diag.Error
		}
	}
	if failed {
		return nil
	}
	tree := migrated(d, o, c)
	out := printTree(tree, flatIndent, 0)
	var result diag.Collector
	Load(file+" (schema 2)", out, Options{Level: o.Level, Contract: ContractODPM}, &result)
	if result.HasErrors() {
		for _, f := range result.List() {
			if f.Severity == diag.Error {
				c.Add(f)
			}
		}
		return nil
	}
	return out
}

// migrated is the tree of the new file.
func migrated(d *Document, o MigrateOptions, c *diag.Collector) *Node {
	reportIgnored(d, diag.ManifestNotCarried, "is not carried over: it had no effect in the flat manifest", "add it to the new file by hand if it is meant to count", c)
	reportOldDatabase(d, c)
	tree, _ := nested(d)
	for i, m := range tree.Members {
		if m.Key == "database" {
			tree.Members[i].Value = knownDatabase(m.Value, c)
		}
	}
	head := []Member{
		{Key: "manifest_schema", Value: &Node{Kind: Number, Text: fmt.Sprint(maxSchema)}},
		{Key: "requires_odpm", Value: &Node{Kind: String, Text: cmp.Or(o.Level, ContractLevel)}},
	}
	tree.Members = append(head, tree.Members...)
	if pins := lockedCommits(tree, o, c); len(pins) > 0 {
		git := &Node{Kind: Object, Members: pins}
		tree.Members = append(tree.Members, Member{Key: "locks", Value: &Node{Kind: Object, Members: []Member{{Key: "git", Value: git}}}})
	}
	if scenarios := d.Root.Get("scenarios"); scenarios != nil {
		tree.Members = append(tree.Members, Member{Key: "scenarios", Value: scenarios})
	}
	return tree
}

// reportOldDatabase names the settings of db_creation_data that have no place
// in `database`.
func reportOldDatabase(d *Document, c *diag.Collector) {
	old := d.Root.Get("db_creation_data")
	for _, m := range members(old) {
		if d.Root.Get("database") == nil && (m.Key == "db_lang" || m.Key == "db_country_code") {
			continue
		}
		notCarried(c, m.KeyRange, memberPath("db_creation_data", m.Key), "keep it in db_creation_data of user_settings.json")
	}
}

// knownDatabase is `database` without the keys that schema 2 does not have.
func knownDatabase(database *Node, c *diag.Collector) *Node {
	out := *database
	out.Members = nil
	for _, m := range database.Members {
		if m.Key == "language" && strings.TrimSpace(m.Value.Text) == "" {
			continue // as good as none
		}
		if m.Key == "language" || m.Key == "country" {
			out.Members = append(out.Members, m)
			continue
		}
		notCarried(c, m.KeyRange, memberPath("database", m.Key), "keep it in db_creation_data of user_settings.json")
	}
	return &out
}

func notCarried(c *diag.Collector, at diag.Range, path, fix string) {
	c.Add(diag.Diagnostic{Code: diag.ManifestNotCarried, Severity: diag.Warning, Range: at, Path: path,
		Message: "schema 2 has no place for it: it is not carried over", Fix: fix})
}

var commitID = regexp.MustCompile(`^[0-9a-fA-F]{7,40}$`)

// lockedCommits are the entries of locks.git that deps.lock.json gives (spec
// §6.4): by the link as the manifest has it where that is the same repository,
// else by the lock's own.
func lockedCommits(tree *Node, o MigrateOptions, c *diag.Collector) []Member {
	if o.Lock == nil {
		return nil
	}
	var found diag.Collector
	lock := Parse(o.LockFile, o.Lock, &found)
	warn := func(at diag.Range, path, message string) {
		c.Add(diag.Diagnostic{Code: diag.ManifestLockUnread, Severity: diag.Warning, Range: at, Path: path, Message: message,
			Fix: "pin the repositories again after the conversion"})
	}
	if lock == nil || found.HasErrors() {
		warn(diag.Range{File: o.LockFile}, "", "the file is not JSON, so no commit is carried over")
		return nil
	}
	if n, ok := wholeNumber(orNull(lock.Root.Get("schema_version"))); !ok || n != 1 {
		warn(lock.place("schema_version"), "schema_version", "the lock is not of version 1, so no commit is carried over")
		return nil
	}
	written := writtenLinks(tree)
	var out []Member
	add := func(entry *Node, path string) {
		url, commit := stringAt(entry, "url"), stringAt(entry, "commit")
		switch {
		case entry == nil:
			return
		case url == "" || !commitID.MatchString(commit):
			warn(entry.Range, path, "the entry has no url or no commit")
			return
		case stringAt(entry, "kind") == "file" || strings.HasPrefix(url, "file:"):
			warn(entry.Range, path, "a local directory has no commit that could be pinned")
			return
		}
		key := url
		if text, ok := written[canonical(url)]; ok {
			key = text
		}
		if !slices.ContainsFunc(out, func(m Member) bool { return m.Key == key }) {
			out = append(out, Member{Key: key, Value: &Node{Kind: String, Text: commit}})
		}
	}
	add(lock.Root.Get("platform"), "platform")
	add(lock.Root.Get("developing"), "developing")
	if list := lock.Root.Get("dependencies"); list != nil {
		for i, entry := range list.Items {
			add(entry, itemPath("dependencies", i))
		}
	}
	return out
}

func orNull(n *Node) *Node {
	if n == nil {
		return &Node{}
	}
	return n
}

// writtenLinks are the git links of a manifest by canonical URL.
func writtenLinks(tree *Node) map[string]string {
	out := make(map[string]string)
	add := func(text string) {
		if _, known := out[canonical(text)]; !known && text != "" {
			out[canonical(text)] = text
		}
	}
	add(stringAt(tree.Get("platform"), "git"))
	add(stringAt(tree.Get("developing"), "git"))
	for _, item := range listItems(tree.Get("dependencies")) {
		add(item.Text)
	}
	return out
}

func listItems(n *Node) []*Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// canonical is what a link and a lock's url have in common; the text itself
// when it cannot be read, for a variable in it perhaps.
func canonical(text string) string {
	l, err := link.Parse(text)
	if err != nil {
		return strings.TrimSpace(text)
	}
	return l.Canonical()
}
