package conformance

import (
	"fmt"
	"os"
	"testing"
)

// testCase is one case of the contract.
type testCase struct {
	id    string
	about string             // what is given and what devpm makes of it, in one line
	run   func(t *testing.T) // asserts what devpm does
	// differs: devpm does something else than the system that the case is from, on purpose.
	differs bool
}

func passes(id, about string, run func(*testing.T)) testCase {
	return testCase{id: id, about: about, run: run}
}

func differs(id, about string, run func(*testing.T)) testCase {
	return testCase{id: id, about: about, run: run, differs: true}
}

// cases are all cases, in the order of the contract.
func cases() []testCase {
	var all []testCase
	for _, group := range [][]testCase{
		versionCases, structureCases, expansionCases, tokenCases, secretCases, scenarioCases, confCases, mergeCases, nameCases, gateCases, builtinCases,
		documentCases, hookCases, planCases, linkCases, lockCases, dependencyCases, repositoryCases, extensionCases, packageCases, dotenvCases,
	} {
		all = append(all, group...)
	}
	return all
}

// TestConformance runs every case. With DEVPM_CONFORMANCE set it prints one
// line a case (`make conformance`).
func TestConformance(t *testing.T) {
	show := os.Getenv("DEVPM_CONFORMANCE") != ""
	count := map[string]int{}
	for _, c := range cases() {
		status, kind := "pass", "pass"
		if c.differs {
			status, kind = "differs (docs/compatibility.md)", "differ"
		}
		if !t.Run(c.id, c.run) {
			status, kind = "FAIL", "fail"
		}
		count[kind]++
		if show {
			fmt.Printf("%-8s %-31s %s\n", c.id, status, c.about)
		}
	}
	if show {
		fmt.Printf("%d cases: %d pass, %d differ on purpose, %d fail\n",
			len(cases()), count["pass"], count["differ"], count["fail"])
	}
}
