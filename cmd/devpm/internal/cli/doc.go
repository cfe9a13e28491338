// Package cli is devpm's command line: flags to options, options to the rooms
// that do the work, results to the views, errors to exit statuses.
//
// It computes nothing itself: planning is prepare's work, documents are
// compose's, printing is view's. app.go wires the rooms together; every other
// file is one command or one concern of the skin.
package cli
