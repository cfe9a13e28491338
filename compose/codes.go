package compose

import "github.com/devpm/devpm/diag"

// The codes of this package; diag/codes_compose.go holds their titles and
// docs/diagnostics a page for each.
const (
	codeManifestShadowed diag.Code = "DPM2001"
	codeTwoExtensions    diag.Code = "DPM2002"
	codeReservedService  diag.Code = "DPM2003"
	codeServiceName      diag.Code = "DPM2004"
	codeFragmentShape    diag.Code = "DPM2005"
	codeBuiltinReplaced  diag.Code = "DPM2006"

	codePatchTarget     diag.Code = "DPM2101"
	codePatchShape      diag.Code = "DPM2102"
	codeListOperation   diag.Code = "DPM2103"
	codeNotAList        diag.Code = "DPM2104"
	codeNothingToRemove diag.Code = "DPM2105"
	codeEnvironment     diag.Code = "DPM2106"
	codeLauncher        diag.Code = "DPM2107"
	codePatchShadowed   diag.Code = "DPM2108"

	codeNoServices       diag.Code = "DPM2201"
	codeNoImage          diag.Code = "DPM2202"
	codeWrongType        diag.Code = "DPM2203"
	codeBlank            diag.Code = "DPM2204"
	codeUnknownAttribute diag.Code = "DPM2205"
	codeBadValue         diag.Code = "DPM2206"
	codeUndeclared       diag.Code = "DPM2207"
	codeUnknownService   diag.Code = "DPM2208"
	codeCycle            diag.Code = "DPM2209"
	codePort             diag.Code = "DPM2210"
	codePortTwice        diag.Code = "DPM2211"
	codeMount            diag.Code = "DPM2212"

	codeLoader diag.Code = "DPM2301"
)
