// Package extensions says what extensions add to a project and asks them for it.
//
// An extension is a package (extensions/pack), a directory of project-local
// Python plugins, or an installed Python package with odpm's entry points. It
// is data alone (runtime "declarative") or a program that speaks
// extensions/protocol on its standard streams. extensions/host starts such
// programs, extensions/sandbox holds them in, extensions/python carries the
// modules that plugins written for odpm import, and extensions/sdk is for
// authors.
//
// This package does not build documents or plans: it never reaches compose or
// prepare. What extensions say comes out as values with places, which the
// command line hands on.
package extensions
