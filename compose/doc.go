// Package compose turns a manifest, extension fragments and patches into one
// Compose document in which every leaf knows who set it and what it replaced.
//
// It does not run anything: driving `docker compose` and observing containers
// is compose/engine's work, and writing the document to disk is prepare's.
package compose
