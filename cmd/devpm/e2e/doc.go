// Package e2e tests devpm as people use it: the built program, real git, a real
// engine, real containers. Its tests carry the build tag `engine` and the name
// TestEngine…, so that `make test` can count them.
//
// It holds no code that devpm runs.
package e2e
