package starter

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/devpm/devpm/extensions"
)

//go:embed all:files
var files embed.FS

// Language is what the extension is written in.
type Language string

// The languages.
const (
	Python Language = "python"
	Go     Language = "go"
)

// File is one file of a new extension.
type File struct {
	Name    string // relative, with slashes
	Content []byte
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// maxName keeps names of files short.
const maxName = 64

// ValidName reports whether an extension can be made with a name: it becomes
// that of a directory, of a program or module, and the first part of ids.
func ValidName(name string) bool { return len(name) <= maxName && nameForm.MatchString(name) }

// sdkDir is where a Go extension has its copy of the SDK.
const sdkDir = "internal/sdk"

// values are what templates are filled with.
type values struct {
	Name     string // "mail-tools"
	Module   string // of Python: "mail_tools"
	OS, Arch string // as Go names them
	Program  string // in the package
}

// Files are those of a new extension, sorted by name. os and arch, as Go names
// them, are what its program is built for first. The name is valid.
func Files(name string, l Language, os, arch string) ([]File, error) {
	v := values{Name: name, Module: strings.ReplaceAll(name, "-", "_"), OS: os, Arch: arch, Program: "bin/" + os + "-" + arch + "/" + name}
	if os == "windows" {
		v.Program += ".exe"
	}
	var out []File
	root := "files/" + string(l)
	err := fs.WalkDir(files, root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(file)
		if err != nil {
			return err
		}
		t, err := template.New(path.Base(file)).Option("missingkey=error").Parse(string(text))
		if err != nil {
			return fmt.Errorf("reading the template %s: %w", file, err)
		}
		var b bytes.Buffer
		if err := t.Execute(&b, v); err != nil {
			return fmt.Errorf("filling the template %s: %w", file, err)
		}
		target := strings.TrimSuffix(strings.TrimPrefix(file, root+"/"), ".tmpl")
		out = append(out, File{strings.NewReplacer("MODULE", v.Module, "dot_", ".").Replace(target), b.Bytes()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if l == Go {
		sdk, err := sdkFiles()
		if err != nil {
			return nil, err
		}
		out = append(out, sdk...)
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// sdkFiles are the copy of the SDK.
func sdkFiles() ([]File, error) {
	names, err := fs.Glob(extensions.SDK(), "*.go")
	if err != nil {
		return nil, err
	}
	var out []File
	for _, name := range names {
		content, err := fs.ReadFile(extensions.SDK(), name)
		if err != nil {
			return nil, err
		}
		out = append(out, File{sdkDir + "/" + name, content})
	}
	return out, nil
}
