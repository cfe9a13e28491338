package diag

var hookCodes = []CodeInfo{
	{"DPM4001", "a hook failed"},
	{"DPM4002", "a hook took too long"},
	{"DPM4003", "the program of a hook was not found"},
	{"DPM4004", "the program of a hook cannot be executed"},
	{"DPM4005", "a hook names a plugin"},
	{"DPM4006", "a hook cannot run inside a service"},
	{"DPM4007", "a hook failed and the run goes on"},
	{"DPM4008", "a hook has no program"},
	{"DPM4009", "a shell operator in a hook"},
}
