// Package protocol is what devpm and the programs of extensions say to each
// other: JSON-RPC 2.0, one message a line, UTF-8, on the program's standard
// input and output; standard error is log (design decision 11).
//
// It holds names, shapes and limits, written down for authors in
// docs/protocol/. It starts nothing, reads no stream and judges nothing: that
// is extensions/host's, and for authors in Go extensions/sdk's. It imports
// nothing of ours.
package protocol
