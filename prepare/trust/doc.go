// Package trust says what a project would run or expose on the host, as data,
// and keeps what its user decided about that (design §7, Trust).
//
// A Subject is one such thing, with where it is written and an identity of what
// decides its effect; a Set of them has a digest. A Decision is a digest that
// was accepted for one project directory. Whatever changes the effect changes
// the digest, and so asks again; nothing else does.
//
// Only what the project brings along counts: its manifest, its `.env`, its
// files. The process environment and the user's own ~/.odpm/.env are the
// user's, and a digest does not depend on them, nor on the machine.
//
// The package asks nobody, runs nothing and does not look into programs: what
// a program reads by itself once it runs (a Makefile, the sources that it
// builds) is the business of who trusts the program.
package trust
