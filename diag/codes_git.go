package diag

// gitCodes are 31xx: repositories, and the files of the Odoo stack.
var gitCodes = []CodeInfo{
	{"DPM3101", "the repository was not found"},
	{"DPM3102", "the git server refused the login"},
	{"DPM3103", "the git server cannot be reached"},
	{"DPM3104", "the repository has no such branch"},
	{"DPM3105", "the repository has no such commit"},
	{"DPM3106", "something else is where a repository belongs"},
	{"DPM3107", "a repository with local work is left alone"},
	{"DPM3108", "the directory of a file:// link does not exist"},
	{"DPM3109", "git is not installed"},
	{"DPM3110", "git failed"},
	{"DPM3111", "the git link cannot be used"},
	{"DPM3112", "the repository has another origin"},
	{"DPM3113", "another program holds the repository"},
	{"DPM3114", "the repository belongs to another user"},
	{"DPM3115", "the disk cannot be written"},
	{"DPM3116", "a branch cannot be fast-forwarded"},
	{"DPM3117", "the certificate of the git server is not trusted"},
	{"DPM3131", "no Python base image for the distribution"},
	{"DPM3132", "odoo.conf cannot be read"},
	{"DPM3133", "one repository is wanted in two versions"},
}
