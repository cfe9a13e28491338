package diag

import "slices"

// CodeInfo describes a code for `docs/diagnostics` and its completeness test.
type CodeInfo struct {
	Code  Code
	Title string // one line, as in the page's heading
}

// Codes lists every code that devpm can print, in order. Each room keeps its
// own list in codes_<room>.go, by number: 1xxx manifest, 2xxx compose, 3xxx
// prepare and git, 4xxx hooks, 5xxx engine, 6xxx command line, 7xxx extensions.
func Codes() []CodeInfo {
	return slices.Concat(manifestCodes, settingsCodes, composeCodes, policyCodes, prepareCodes, gitCodes, lockCodes, secretsCodes, trustCodes, savedCodes, undoCodes, runtimeCodes, hookCodes, engineCodes, portCodes, commandCodes, initCodes, ejectCodes, explainCodes, vendorCodes,
		extensionAuthorCodes, extensionHostCodes, sandboxCodes,
		pythonCodes,
		packCodes,
		extensionCodes,
		taskCodes,
	)
}
