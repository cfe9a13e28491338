// Package conformance asks any program of an extension whether it speaks
// extensions/protocol, one check after the other, and says what is wrong and how
// to put it right.
//
// It speaks the wire itself, below extensions/host, since it has to send what
// devpm never sends: unknown methods, fields of later versions, the longest
// line. It executes no step, hook or command, and installs, unpacks and prints
// nothing.
package conformance
