package diag

// Codes of the manifest room: 10xx reading JSON, 11xx versions, 12xx structure,
// 13xx services, 14xx hooks, 15xx expansion, 16xx dotenv files, 17xx settings.
const (
	ManifestSyntax    Code = "DPM1001"
	ManifestDuplicate Code = "DPM1002"
	ManifestEncoding  Code = "DPM1003"
	ManifestTrailing  Code = "DPM1004"
	ManifestTooLarge  Code = "DPM1005"
	ManifestTooDeep   Code = "DPM1006"
	ManifestNotObject Code = "DPM1007"

	ManifestSchemaNumber      Code = "DPM1101"
	ManifestSchemaUnsupported Code = "DPM1102"
	ManifestRequiresMissing   Code = "DPM1103"
	ManifestRequiresInvalid   Code = "DPM1104"
	ManifestRequiresNewer     Code = "DPM1105"
	ManifestContractLine      Code = "DPM1106"

	ManifestFlatScenarios Code = "DPM1120"
	ManifestFlatIgnored   Code = "DPM1121"
	ManifestContractOld   Code = "DPM1122"
	ManifestFlatDefaults  Code = "DPM1123"
	ManifestNestedAlready Code = "DPM1124"
	ManifestNotCarried    Code = "DPM1125"
	ManifestLockUnread    Code = "DPM1126"

	ManifestUnknownKey  Code = "DPM1201"
	ManifestMissingKey  Code = "DPM1202"
	ManifestWrongType   Code = "DPM1203"
	ManifestWrongValue  Code = "DPM1204"
	ManifestName        Code = "DPM1205"
	ManifestExactlyOne  Code = "DPM1206"
	ManifestKeyNotHere  Code = "DPM1207"
	ManifestEmptyString Code = "DPM1208"

	ManifestReserved      Code = "DPM1301"
	ManifestPatchTarget   Code = "DPM1302"
	ManifestDependsOn     Code = "DPM1303"
	ManifestUnknownSource Code = "DPM1304"

	ManifestHookPhase      Code = "DPM1401"
	ManifestHookTimeout    Code = "DPM1402"
	ManifestHookShell      Code = "DPM1403"
	ManifestHookService    Code = "DPM1404"
	ManifestHookNoProgram  Code = "DPM1405"
	ManifestUnset          Code = "DPM1501"
	ManifestRequiredUnset  Code = "DPM1502"
	ManifestExpression     Code = "DPM1503"
	ManifestLiteralDollar  Code = "DPM1504"
	ManifestSourceUnset    Code = "DPM1505"
	ManifestSecret         Code = "DPM1506"
	DotenvLine             Code = "DPM1601"
	DotenvDuplicate        Code = "DPM1602"
	DotenvUnset            Code = "DPM1603"
	DotenvNoValue          Code = "DPM1604"
	ManifestStackImplied   Code = "DPM1701"
	ManifestDistro         Code = "DPM1702"
	ManifestUnusualVersion Code = "DPM1703"
	ManifestScenario       Code = "DPM1704"
	ManifestLink           Code = "DPM1706"
	ManifestBlankItem      Code = "DPM1707"

	ManifestFrozen        Code = "DPM1720"
	ManifestStackNetwork  Code = "DPM1721"
	ManifestPluginUnknown Code = "DPM1722"
	ManifestSecretUnknown Code = "DPM1723"
)

var manifestCodes = []CodeInfo{
	{ManifestSyntax, "not valid JSON"},
	{ManifestDuplicate, "a key is set twice in one object"},
	{ManifestEncoding, "the file is not plain UTF-8"},
	{ManifestTrailing, "text after the end of the manifest"},
	{ManifestTooLarge, "the manifest is too large"},
	{ManifestTooDeep, "the manifest is nested too deeply"},
	{ManifestNotObject, "the manifest is not a JSON object"},
	{ManifestSchemaNumber, "manifest_schema is not a whole number"},
	{ManifestSchemaUnsupported, "manifest_schema is not supported"},
	{ManifestRequiresMissing, "requires_odpm is missing"},
	{ManifestRequiresInvalid, "requires_odpm is not a version"},
	{ManifestRequiresNewer, "the manifest needs a newer contract level"},
	{ManifestContractLine, "odpm_version names no known contract"},
	{ManifestFlatScenarios, "a flat manifest cannot have scenarios"},
	{ManifestFlatIgnored, "a flat manifest ignores a key"},
	{ManifestContractOld, "the contract line is deprecated"},
	{ManifestFlatDefaults, "a flat manifest leaves versions open"},
	{ManifestNestedAlready, "the manifest is of schema 2 already"},
	{ManifestNotCarried, "a value is not carried over to schema 2"},
	{ManifestLockUnread, "deps.lock.json cannot be carried over"},
	{ManifestUnknownKey, "unknown key"},
	{ManifestMissingKey, "a required key is missing"},
	{ManifestWrongType, "a value has the wrong type"},
	{ManifestWrongValue, "a value is not allowed"},
	{ManifestName, "a name is malformed"},
	{ManifestExactlyOne, "exactly one of several keys is needed"},
	{ManifestKeyNotHere, "a key is not allowed at this place"},
	{ManifestEmptyString, "a value is empty after expansion"},
	{ManifestReserved, "a service has a name that the stack provides"},
	{ManifestPatchTarget, "a patch names an unknown service"},
	{ManifestDependsOn, "depends_on names an unknown service"},
	{ManifestUnknownSource, "a service names an unknown source"},
	{ManifestHookPhase, "a hook cannot run in a service in this phase"},
	{ManifestHookTimeout, "a hook's timeout is not a duration"},
	{ManifestHookShell, "a shell operator in a hook is passed literally"},
	{ManifestHookService, "a hook names an unknown service"},
	{ManifestHookNoProgram, "a hook names no program or plugin"},
	{ManifestUnset, "a variable is not set"},
	{ManifestRequiredUnset, "a required variable has no value"},
	{ManifestExpression, "a malformed ${…} expression"},
	{ManifestLiteralDollar, "a dollar sign is kept literally"},
	{ManifestSourceUnset, "a service source is not known"},
	{ManifestSecret, "a secret cannot be resolved"},
	{DotenvLine, "a dotenv line cannot be read"},
	{DotenvDuplicate, "a dotenv key is set twice"},
	{DotenvUnset, "a dotenv value names an unset variable"},
	{DotenvNoValue, "a dotenv key has no value"},
	{ManifestStackImplied, "no stack: services only"},
	{ManifestDistro, "the distribution is not known"},
	{ManifestUnusualVersion, "a version or architecture looks wrong"},
	{ManifestScenario, "the scenario is not known"},
	{ManifestLink, "a git link is malformed"},
	{ManifestBlankItem, "an empty list entry is ignored"},
	{ManifestFrozen, "odoo_conf sets a frozen option"},
	{ManifestStackNetwork, "nothing makes the network stack"},
	{ManifestPluginUnknown, "nothing provides a hook plugin"},
	{ManifestSecretUnknown, "a secret is not declared"},
}
