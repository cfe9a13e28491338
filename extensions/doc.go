// Package extensions says what extensions add to a project and asks them for it.
//
// An extension is a package (extensions/pack), a project-local Python plugin,
// or an installed Python package with odpm's entry points. It is data alone
// (runtime "declarative") or lives in a program that speaks extensions/protocol
// on its standard streams. extensions/host starts such programs,
// extensions/sandbox holds them in, extensions/python carries the modules that
// plugins written for odpm import, and extensions/sdk is for authors.
//
// Collect starts what there is, all at the same time, and asks what each adds;
// with nothing to load it starts nothing. What only a run may ask (hooks, the
// work of a step, secrets) goes to second programs that Execution starts when
// it is asked for the first time: a program that was started for planning can
// never write (ADR 31).
//
// This package does not find extensions, build documents or plans: it never
// reaches compose or prepare. What extensions say comes out as values with
// places, which the command line hands on.
package extensions
