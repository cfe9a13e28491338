// Package sandbox holds the programs of extensions in (design decision 11).
//
// A program is started through a helper, which is devpm itself: Command gives
// the arguments that start devpm as the helper, and Main, which devpm calls
// before anything else, restricts its own process and turns it into the
// program. On Linux the kernel enforces what Profile says, by Landlock (where
// files may be written) and a seccomp filter (everything else); Kernel.Level
// tells what that comes to on this kernel. docs/sandbox.md says it for users,
// ADR 28 says why.
//
// It does not start processes or wait for them, set time limits, choose
// environments or find what a program left behind: extensions/host does. It
// reads no settings and decides nothing about a level that is not full. What a
// program may read is not restricted.
package sandbox
