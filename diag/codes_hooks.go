package diag

// Codes of hooks: what can go wrong when one runs. How hooks are written is
// judged by the manifest room (14xx).
const (
	HookFailed        Code = "DPM4001"
	HookTimeout       Code = "DPM4002"
	HookNotFound      Code = "DPM4003"
	HookNotExecutable Code = "DPM4004"
	HookPlugin        Code = "DPM4005"
	HookService       Code = "DPM4006"
	HookTolerated     Code = "DPM4007"
	HookNoProgram     Code = "DPM4008"
)

var hookCodes = []CodeInfo{
	{HookFailed, "a hook failed"},
	{HookTimeout, "a hook took too long"},
	{HookNotFound, "the program of a hook was not found"},
	{HookNotExecutable, "the program of a hook cannot be executed"},
	{HookPlugin, "no extension has the runner that a hook names"},
	{HookService, "a hook cannot run inside a service"},
	{HookTolerated, "a hook failed and the run goes on"},
	{HookNoProgram, "a hook has no program"},
}
