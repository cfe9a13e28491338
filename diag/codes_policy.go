package diag

// Codes of policies: a file that is none, then one code per rule.
const (
	PolicyFile        Code = "DPM2401"
	PolicyPrivileged  Code = "DPM2402"
	PolicyHostNetwork Code = "DPM2403"
	PolicyHostPath    Code = "DPM2404"
	PolicySocket      Code = "DPM2405"
	PolicyImage       Code = "DPM2406"
	PolicyPort        Code = "DPM2407"
)

var policyCodes = []CodeInfo{
	{PolicyFile, "a policy cannot be used"},
	{PolicyPrivileged, "the policy speaks against a privileged container"},
	{PolicyHostNetwork, "the policy speaks against the host's network"},
	{PolicyHostPath, "the policy speaks against a path of the host"},
	{PolicySocket, "the policy speaks against the engine's socket"},
	{PolicyImage, "the policy speaks against an image"},
	{PolicyPort, "the policy speaks against a port below 1024"},
}
