// Package execx starts programs. It is the only importer of os/exec, so that
// every process devpm starts obeys the same rules: an explicit argv and never a
// shell, an explicit environment and never an inherited one, its own process
// group, TERM before KILL, and no wait without an end.
//
// It does not decide what to run, expands nothing and prints nothing.
//
// # Ends
//
// A command ends by itself, by its Timeout, or because the context was
// cancelled. In the last two cases the whole process group gets TERM and, after
// Grace, KILL. Run always reaps the process. A grandchild that keeps an output
// pipe open delays Run by two seconds at most.
//
// # When devpm itself is killed
//
// On Linux a child gets TERM when the thread that started it ends
// (PR_SET_PDEATHSIG), so `kill -9` of devpm does not leave `docker compose`, git
// or a hook running. TERM, not KILL: git removes its lock files, Compose
// finishes the request it is in. The signal follows the *thread*, not the
// process, so Run starts the child from a goroutine that stays locked to its
// thread until the child has been reaped; otherwise the Go runtime might end
// that thread early and take the child with it.
//
// # Holders
//
// A program that stays (Start) can be started through a holder: devpm itself,
// in Hold, which on Linux becomes the parent of every orphan below it
// (PR_SET_CHILD_SUBREAPER). A double fork with setsid leaves a process group but
// not the holder. When the program ends, when devpm asks it to, or when devpm is
// killed, the holder ends all that is left, and ends last. Pid and exit status
// that are seen then are the holder's; the status is the program's.
package execx
