package diag

// Codes of extensions that are written in Python: the interpreter, then the
// plugins of a project, then what a plugin does when it is loaded.
const (
	PythonMissing    Code = "DPM7301"
	PythonTooOld     Code = "DPM7302"
	PluginName       Code = "DPM7303"
	PluginLeadsOut   Code = "DPM7304"
	PluginAbsent     Code = "DPM7305"
	PluginUnreadable Code = "DPM7306"
	PluginLoad       Code = "DPM7310"
	PluginAPI        Code = "DPM7311"
	PluginRegisters  Code = "DPM7312"
)

var pythonCodes = []CodeInfo{
	{PythonMissing, "there is no Python for extensions"},
	{PythonTooOld, "the Python for extensions is too old"},
	{PluginName, "the name of a local plugin is malformed"},
	{PluginLeadsOut, "a local plugin lies outside of its directory"},
	{PluginAbsent, "a listed local plugin is not there"},
	{PluginUnreadable, "local plugins cannot be read"},
	{PluginLoad, "a Python extension cannot be loaded"},
	{PluginAPI, "a plugin asks for an extension API that is not supported"},
	{PluginRegisters, "a plugin registers what cannot be used"},
}
