package sandbox

import (
	"fmt"
	"strconv"
	"strings"
)

// Profile is what a program may do beside reading and computing. The zero
// Profile is that of planning: nothing.
type Profile struct {
	// Write lists absolute paths: directories in which the program may write,
	// with everything below, or files. /dev/null is always among them.
	Write []string
	// Network allows sockets of IPv4 and IPv6, TCP and UDP. Unix sockets are
	// never allowed, so neither is the engine's.
	Network bool
	// Spawn allows to start programs. They are held in by the same Profile.
	Spawn bool
	// AddressSpace is the most memory that the program may map, in bytes
	// (RLIMIT_AS); 0 sets no limit. Less than LeastAddressSpace is refused.
	AddressSpace uint64
}

// Level says what is enforced.
type Level struct {
	Filesystem bool // what is written, and where
	Sockets    bool
	Processes  bool // starting, ending and looking into processes
	// Missing holds a sentence for each thing that is not enforced: what, and
	// why. It is empty exactly when the level is full.
	Missing []string
}

// Full reports whether everything is enforced.
func (l Level) Full() bool { return l.Filesystem && l.Sockets && l.Processes }

// String is "full", "partial" or "none".
func (l Level) String() string {
	switch {
	case l.Full():
		return "full"
	case l.Filesystem || l.Sockets || l.Processes:
		return "partial"
	default:
		return "none"
	}
}

// LeastAddressSpace is the least limit of memory that can be set: the helper is a
// Go program, which maps more than it uses, and lives under the limit itself for
// a moment.
const LeastAddressSpace uint64 = 2 << 30

// Verb is the first argument of a devpm that is to be the helper.
const Verb = "__sandbox"

// StatusFailed is the exit status of a helper that could not start its program.
// A line on standard error says why. Nothing of the program ran.
const StatusFailed = 126

// request is what a helper is told to do.
type request struct {
	profile Profile
	kernel  Kernel
	argv    []string
}

// The words of a helper's arguments, up to the "--" before the program.
const (
	wordWrite    = "write="
	wordNetwork  = "network"
	wordSpawn    = "spawn"
	wordMemory   = "memory="
	wordLandlock = "landlock="
	wordFilter   = "filter"
	wordOnce     = "once"
	wordEnd      = "--"
)

func (r request) args() []string {
	args := []string{wordLandlock + strconv.Itoa(r.kernel.Landlock)}
	flag := func(set bool, word string) {
		if set {
			args = append(args, word)
		}
	}
	flag(r.kernel.Filter, wordFilter)
	flag(r.kernel.Once, wordOnce)
	flag(r.profile.Network, wordNetwork)
	flag(r.profile.Spawn, wordSpawn)
	if n := r.profile.AddressSpace; n > 0 {
		args = append(args, wordMemory+strconv.FormatUint(n, 10))
	}
	for _, path := range r.profile.Write {
		args = append(args, wordWrite+path)
	}
	return append(append(args, wordEnd), r.argv...)
}

// parseRequest reads what args wrote.
func parseRequest(args []string) (r request, err error) {
	for i, word := range args {
		name, value, hasValue := strings.Cut(word, "=")
		switch {
		case word == wordEnd:
			r.argv = args[i+1:]
			if len(r.argv) == 0 {
				return r, fmt.Errorf("no program is named")
			}
			return r, nil
		case word == wordNetwork:
			r.profile.Network = true
		case word == wordSpawn:
			r.profile.Spawn = true
		case word == wordFilter:
			r.kernel.Filter = true
		case word == wordOnce:
			r.kernel.Once = true
		case hasValue && name+"=" == wordWrite:
			r.profile.Write = append(r.profile.Write, value)
		case hasValue && name+"=" == wordMemory:
			if r.profile.AddressSpace, err = strconv.ParseUint(value, 10, 64); err == nil && r.profile.AddressSpace < LeastAddressSpace {
				err = fmt.Errorf("memory cannot be limited to %s bytes, the least is %d", value, LeastAddressSpace)
			}
		case hasValue && name+"=" == wordLandlock:
			r.kernel.Landlock, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("unknown word %q", word)
		}
		if err != nil {
			return r, err
		}
	}
	return r, fmt.Errorf("no program is named")
}
