package pack

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	pep440 "github.com/aquasecurity/go-pep440-version"
)

// Wheel is a dependency package by its name (PEP 427):
// NAME-VERSION(-BUILD)?-PYTHON-ABI-PLATFORM.whl. The last three may hold several
// tags, with dots between them.
type Wheel struct {
	File     string // base name
	Name     string
	Version  string
	Build    string
	Python   []string
	ABI      []string
	Platform []string
}

// ParseWheel reads the name of a wheel.
func ParseWheel(file string) (Wheel, error) {
	stem, ok := strings.CutSuffix(file, ".whl")
	parts := strings.Split(stem, "-")
	if !ok || len(parts) != 5 && len(parts) != 6 || slices.Contains(parts, "") {
		return Wheel{}, errors.New("this is not the name of a wheel")
	}
	w := Wheel{File: file, Name: parts[0], Version: parts[1]}
	if len(parts) == 6 {
		if w.Build = parts[2]; w.Build[0] < '0' || w.Build[0] > '9' {
			return Wheel{}, errors.New("its build tag does not begin with a digit")
		}
	}
	tags := parts[len(parts)-3:]
	w.Python, w.ABI, w.Platform = strings.Split(tags[0], "."), strings.Split(tags[1], "."), strings.Split(tags[2], ".")
	if slices.Contains(slices.Concat(w.Python, w.ABI, w.Platform), "") {
		return Wheel{}, errors.New("a tag of its name is empty")
	}
	return w, nil
}

var separators = regexp.MustCompile(`[-_.]+`)

// wheelName is a name as wheels write it.
func wheelName(name string) string { return strings.ToLower(separators.ReplaceAllString(name, "_")) }

// Of reports whether the wheel is an extension's own: its name and version are.
func (w Wheel) Of(name, version string) bool {
	if wheelName(w.Name) != wheelName(name) {
		return false
	}
	a, errA := pep440.Parse(strings.ReplaceAll(w.Version, "_", "-"))
	b, errB := pep440.Parse(version)
	if errA != nil || errB != nil {
		return w.Version == strings.ReplaceAll(version, "-", "_")
	}
	return a.Equal(b)
}

// Interpreter is what of a Python decides which wheels fit.
type Interpreter struct {
	Path           string // for messages
	Version        string // "3.11.2"
	Implementation string // "cpython"; "" is that
	Flags          string // of its binary interface, as sys.abiflags has them: "t" without the global lock, "d" for debugging
	OS, Arch       string // as Go names them
	Libc           string // Linux: "glibc", "glibc 2.36", "musl", "musl 1.2"; "" is glibc of any version
}

// ChooseWheel returns the wheel of the package that fits the interpreter best,
// in the order of PEP 425: what is most specific first. ok is false when none
// fits.
func ChooseWheel(wheels []Wheel, i Interpreter) (best Wheel, ok bool) {
	tags := i.tags()
	rank := len(tags)
	for _, w := range wheels {
		for n, tag := range tags[:rank] {
			if fitsAt(w, tag) {
				best, rank, ok = w, n, true
				break
			}
		}
		// Of two that fit alike the one with the higher build number is newer.
		if ok && rank < len(tags) && w.File != best.File && fitsAt(w, tags[rank]) && buildNumber(w) > buildNumber(best) {
			best = w
		}
	}
	return best, ok
}

func fitsAt(w Wheel, t tag) bool {
	return slices.Contains(w.Python, t.python) && slices.Contains(w.ABI, t.abi) && slices.Contains(w.Platform, t.platform)
}

func buildNumber(w Wheel) int {
	end := strings.IndexFunc(w.Build, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(w.Build)
	}
	n, _ := strconv.Atoi(w.Build[:end])
	return n
}

type tag struct{ python, abi, platform string }

// tags are those that the interpreter supports, best first.
func (i Interpreter) tags() []tag {
	parts := numbers(i.Version)
	if len(parts) < 2 || !parts[0].IsInt64() || !parts[1].IsInt64() {
		return nil
	}
	major, minor := int(parts[0].Int64()), int(parts[1].Int64())
	if major > 9 || minor > 99 {
		return nil
	}
	platforms := i.platforms()
	var out []tag
	every := func(python, abi string) {
		for _, p := range platforms {
			out = append(out, tag{python, abi, p})
		}
	}
	cpython := cmp.Or(i.Implementation, "cpython") == "cpython"
	own := fmt.Sprintf("cp%d%d", major, minor)
	if cpython {
		for _, abi := range abis(major, minor, i.Flags) {
			every(own, abi)
		}
		// The stable interface needs the global lock.
		stable := major == 3 && !strings.Contains(i.Flags, "t")
		if stable {
			every(own, "abi3")
		}
		every(own, "none")
		for older := minor - 1; stable && older >= 2; older-- {
			every(fmt.Sprintf("cp%d%d", major, older), "abi3")
		}
	}
	pure := []string{fmt.Sprintf("py%d%d", major, minor), fmt.Sprintf("py%d", major)}
	for older := minor - 1; older >= 0; older-- {
		pure = append(pure, fmt.Sprintf("py%d%d", major, older))
	}
	for _, python := range pure {
		every(python, "none")
	}
	if cpython {
		out = append(out, tag{own, "none", "any"})
	}
	for _, python := range pure {
		out = append(out, tag{python, "none", "any"})
	}
	return out
}

// abis are the names of an interpreter's binary interface, best first. Until 3.7
// it said how it allocates, and in 2.7 how wide a character is. An interpreter for
// debugging also loads what was built for others.
func abis(major, minor int, flags string) []string {
	own := fmt.Sprintf("cp%d%d", major, minor)
	switch {
	case major == 2:
		return []string{own + "mu", own + "m"}
	case major == 3 && minor < 8:
		return []string{own + "m"}
	}
	if strings.Contains(flags, "t") {
		own += "t"
	}
	if strings.Contains(flags, "d") {
		return []string{own + "d", own}
	}
	return []string{own}
}

var processors = map[string]string{
	"amd64": "x86_64", "arm64": "aarch64", "386": "i686", "arm": "armv7l", "ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64", "loong64": "loongarch64",
}

// platforms are the platform tags, best first.
func (i Interpreter) platforms() []string {
	processor := processors[i.Arch]
	switch i.OS {
	case "linux":
		return linuxPlatforms(i.Libc, processor)
	case "darwin":
		return darwinPlatforms(i.Arch)
	case "windows":
		switch i.Arch {
		case "amd64":
			return []string{"win_amd64"}
		case "arm64":
			return []string{"win_arm64"}
		default:
			return []string{"win32"}
		}
	default:
		return []string{i.OS + "_" + processor}
	}
}

// newestLibc bounds the versions that are tried where the system's is not known.
const newestLibc = 50

// legacy are the names that some manylinux platforms had before (PEP 600).
var legacy = map[int]string{17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}

func linuxPlatforms(libc, processor string) []string {
	kind, version, _ := strings.Cut(libc, " ")
	_, minorText, _ := strings.Cut(version, ".")
	minor, err := strconv.Atoi(minorText)
	if err != nil || minor > newestLibc {
		minor = newestLibc
	}
	var out []string
	if kind == "musl" {
		if err != nil {
			minor = 9
		}
		for m := minor; m >= 0; m-- {
			out = append(out, fmt.Sprintf("musllinux_1_%d_%s", m, processor))
		}
		return append(out, "linux_"+processor)
	}
	oldest := 17
	if processor == "x86_64" || processor == "i686" {
		oldest = 5
	}
	for m := minor; m >= oldest; m-- {
		out = append(out, fmt.Sprintf("manylinux_2_%d_%s", m, processor))
		if name := legacy[m]; name != "" {
			out = append(out, name+"_"+processor)
		}
	}
	return append(out, "linux_"+processor)
}

// darwinPlatforms accepts every release up to the newest known: what a wheel for
// a newer one needs cannot be seen from its name alone, and macOS says so itself.
func darwinPlatforms(arch string) []string {
	formats := []string{"x86_64", "intel", "fat64", "fat32", "universal2", "universal"}
	if arch == "arm64" {
		formats = []string{"arm64", "universal2"}
	}
	var out []string
	for major := 26; major >= 11; major-- {
		for _, f := range formats {
			out = append(out, fmt.Sprintf("macosx_%d_0_%s", major, f))
		}
	}
	for minor := 16; minor >= 4; minor-- {
		for _, f := range formats {
			if arch == "arm64" && f == "arm64" {
				continue // there was none before macOS 11
			}
			out = append(out, fmt.Sprintf("macosx_10_%d_%s", minor, f))
		}
	}
	return out
}
