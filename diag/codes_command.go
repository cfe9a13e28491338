package diag

var commandCodes = []CodeInfo{
	{"DPM6001", "a command failed"},
	{"DPM6002", "there is no manifest"},
	{"DPM6003", "the manifest cannot be read"},
	{"DPM6004", "the directory after -C cannot be used"},
	{"DPM6005", "an odpm.json is there already"},
	{"DPM6006", "the document has no such path"},
	{"DPM6007", "there is no such service"},
	{"DPM6008", "the working directory cannot be determined"},
}
