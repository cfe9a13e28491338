package sandbox

// Kernel is what the kernel offers for holding a program in.
type Kernel struct {
	Landlock int  // the version of its interface; 0: there is none
	Filter   bool // seccomp filters, and devpm has one for this processor
	Once     bool // the filter can let the helper's exec through and no other
	// NoLandlock, NoFilter and NoOnce say why there is none, as the end of a
	// sentence.
	NoLandlock, NoFilter, NoOnce string
}

// The versions of Landlock's interface that a Level depends on.
const (
	landlockRefer    = 2 // renaming between directories; before, it is refused
	landlockTruncate = 3
	landlockDevices  = 5 // ioctl on devices
	landlockScopes   = 6 // signals and abstract sockets (Linux 6.12)
)

// Probe tells what this kernel enforces for a program that may do everything
// that a Profile can allow. It looks once and changes nothing.
func Probe() Level { return This().Level(Profile{Write: []string{"/"}, Network: true, Spawn: true}) }

// Level tells what is enforced for a program with a profile.
func (k Kernel) Level(p Profile) Level {
	writes := len(p.Write) > 0
	l := Level{Filesystem: k.Filter && (k.Landlock > 0 || !writes), Sockets: k.Filter, Processes: k.Filter}
	missing := func(sentence string) { l.Missing = append(l.Missing, sentence) }
	switch {
	case k.Filter:
	case k.Landlock > 0:
		missing("permissions, owners, times and attributes of files can be changed everywhere: " + k.NoFilter)
		missing("sockets can be opened and programs started: " + k.NoFilter)
	default:
		missing("files can be changed, sockets opened and programs started: " + k.NoFilter + "; " + k.NoLandlock)
		return l
	}
	if k.Landlock == 0 && writes {
		missing("an extension that executes can write outside of the project: " + k.NoLandlock)
	}
	if !k.Filter {
		return l
	}
	if k.Landlock == 0 {
		l.Processes = false
		missing("an extension can read the memory and the environment of your other processes: " + k.NoLandlock)
	}
	if p.Spawn && k.Landlock < landlockScopes {
		l.Processes = false
		missing("an extension that may start programs can also end your other processes: this needs Landlock of Linux 6.12 or later")
	}
	if !p.Spawn && !k.Once {
		l.Processes = false
		missing("an extension can turn itself into another program, which is held in like itself: " + k.NoOnce)
	}
	return l
}

// Command returns the arguments that start argv held in by a profile on this
// kernel. self is devpm's own program; argv[0] is an absolute path.
func Command(self string, p Profile, argv []string) []string { return This().Command(self, p, argv) }

// Command is Command for a kernel: the helper enforces what this kernel is said
// to offer, and starts nothing when it cannot.
func (k Kernel) Command(self string, p Profile, argv []string) []string {
	if !hasHelper {
		return argv
	}
	return append([]string{self, Verb}, request{profile: p, kernel: k, argv: argv}.args()...)
}
