// Package view prints results: for each command the form that people read and
// the JSON that programs read, made from the same value.
//
// It decides nothing and computes nothing: no files, no engine, no exit codes.
// What a user's file or a program put into a value is printed so that it cannot
// steer the terminal.
package view
