// Package engine drives the user's `docker compose` and observes the container
// engine.
//
// Changing goes through the command line tool only, so that contexts,
// credentials and plugins keep working (design decision 9): Compose builds and
// runs its command lines. Looking goes through the engine's API only, with GET
// requests and nothing else: Engine connects, lists and waits.
//
// It does not make or read the Compose document, decides nothing about what
// should run, and knows nothing of plans; the command line adapts what is seen
// here to what planning asks for. It reads no environment variable: callers
// pass the environment as a list.
package engine
