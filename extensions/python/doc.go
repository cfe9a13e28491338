// Package python makes extensions that are written in Python run: plugins of
// the project in .odpm/plugins, installed packages with odpm's entry points,
// and packages of the runtime "python".
//
// It finds the interpreter, reads which modules and entry points there are, and
// makes the program that extensions/host starts: an interpreter that gets the
// modules of shim/ over its standard input before the first message, so that
// `from dev_project.extensions import …` works with no package installed and
// nothing written (design decision 12 and §7 Extensions).
//
// It starts no extension, speaks no protocol and runs no Python to find out what
// there is. The one program that it starts is a script in the place of an
// interpreter, to ask which interpreter it stands for.
package python
