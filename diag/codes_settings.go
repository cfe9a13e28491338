package diag

// Personal settings and the names that the environment's files choose (175x to
// 177x).
const (
	SettingsNotObject  Code = "DPM1750"
	SettingsUnknownKey Code = "DPM1751"
	SettingsType       Code = "DPM1752"
	SidecarGates       Code = "DPM1753"
	NameMalformed      Code = "DPM1754"
	NameOverruled      Code = "DPM1755"
	SwitchMalformed    Code = "DPM1756"
	ProfileUnknown     Code = "DPM1757"
	ServiceNameUnknown Code = "DPM1758"
)

var settingsCodes = []CodeInfo{
	{SettingsNotObject, "user_settings.json is not a JSON object"},
	{SettingsUnknownKey, "a personal setting is not known"},
	{SettingsType, "a personal setting has the wrong type"},
	{SidecarGates, "a sidecar gate is not true or false"},
	{NameMalformed, "a prefix, network or service name is malformed"},
	{NameOverruled, "a prefix overrules the database's name"},
	{SwitchMalformed, "a switch of the environment is neither yes nor no"},
	{ProfileUnknown, "a profile is not known"},
	{ServiceNameUnknown, "the name of a service is not known here"},
}
