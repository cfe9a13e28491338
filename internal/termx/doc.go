// Package termx is what devpm knows about terminals: the three streams, whether
// one is a terminal and how wide, colours, and one progress area.
//
// It does not decide what is printed, reads no environment variable and no
// clock of its own: the command line hands both in. It reads no keys.
package termx
