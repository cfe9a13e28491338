// Package fsx touches the file system for devpm: it reads below a project
// without ever leaving it, replaces files so that nobody sees a half-written
// one, and holds the lock that keeps two runs apart.
//
// It knows no plan, no manifest and no diagnostic, and imports nothing of ours:
// its errors say what is wrong with a path, and others say it to the user.
package fsx
