package diag

// Personal settings and the names that the environment's files choose (175x to
// 177x).
const (
	SettingsNotObject  Code = "DPM1750"
	SettingsUnknownKey Code = "DPM1751"
	SettingsType       Code = "DPM1752"
	SidecarGates       Code = "DPM1753"
)

var settingsCodes = []CodeInfo{
	{SettingsNotObject, "user_settings.json is not a JSON object"},
	{SettingsUnknownKey, "a personal setting is not known"},
	{SettingsType, "a personal setting has the wrong type"},
	{SidecarGates, "a sidecar gate is not true or false"},
}
