package diag

// Putting the document together from the stack, the manifest and extensions.
const (
	ServiceShadowed     Code = "DPM2001"
	ServiceTwice        Code = "DPM2002"
	StackServiceTaken   Code = "DPM2003"
	FragmentServiceName Code = "DPM2004"
	FragmentShape       Code = "DPM2005"
	StackVolumeReplaced Code = "DPM2006"
)

// Applying service_patches.
const (
	PatchWithoutService  Code = "DPM2101"
	PatchShape           Code = "DPM2102"
	PatchOperation       Code = "DPM2103"
	PatchNotAList        Code = "DPM2104"
	PatchNothingToRemove Code = "DPM2105"
	PatchEnvironment     Code = "DPM2106"
	PatchLauncher        Code = "DPM2107"
	PatchShadowed        Code = "DPM2108"
)

// Judging the finished document.
const (
	DocumentEmpty            Code = "DPM2201"
	DocumentNoImage          Code = "DPM2202"
	DocumentWrongType        Code = "DPM2203"
	DocumentBlank            Code = "DPM2204"
	DocumentUnknownAttribute Code = "DPM2205"
	DocumentBadValue         Code = "DPM2206"
	DocumentUndeclared       Code = "DPM2207"
	DocumentUnknownService   Code = "DPM2208"
	DocumentCycle            Code = "DPM2209"
	DocumentPort             Code = "DPM2210"
	DocumentPortTwice        Code = "DPM2211"
	DocumentMountTwice       Code = "DPM2212"
	DocumentMountDrive       Code = "DPM2213"
	DocumentMountColon       Code = "DPM2214"
)

// Gates, networks and physical names.
const (
	GateUnknown Code = "DPM2220"
	GateOfStack Code = "DPM2221"
	NameTaken   Code = "DPM2222"
)

// Compose's own loader.
const (
	DocumentRefused Code = "DPM2301"
)

var composeCodes = []CodeInfo{
	{ServiceShadowed, "an extension replaces a service of the manifest"},
	{ServiceTwice, "two extensions declare the same service"},
	{StackServiceTaken, "a service takes a name of the stack"},
	{FragmentServiceName, "an extension gives a service a name that is none"},
	{FragmentShape, "an extension gives something else than services"},
	{StackVolumeReplaced, "a volume takes the place of the stack's"},
	{PatchWithoutService, "a patch names a service that does not exist"},
	{PatchShape, "a patch is not a map"},
	{PatchOperation, "a list operation is not written right"},
	{PatchNotAList, "a list operation meets something else than a list"},
	{PatchNothingToRemove, "a patch removes what is not there"},
	{PatchEnvironment, "a patch holds something else than KEY=VALUE"},
	{PatchLauncher, "odpm's launcher is dropped from a command"},
	{PatchShadowed, "an extension's patch replaces the value of another patch"},
	{DocumentEmpty, "the document has no services"},
	{DocumentNoImage, "a service has neither an image nor a build"},
	{DocumentWrongType, "a value has the wrong type"},
	{DocumentBlank, "a value is blank"},
	{DocumentUnknownAttribute, "Compose does not know an attribute"},
	{DocumentBadValue, "a value is not one that Compose accepts"},
	{DocumentUndeclared, "a volume, network or config is not declared"},
	{DocumentUnknownService, "a service needs one that does not exist"},
	{DocumentCycle, "services wait for each other"},
	{DocumentPort, "a port cannot be read"},
	{DocumentPortTwice, "a host port is published twice"},
	{DocumentMountTwice, "two mounts have the same target"},
	{DocumentMountDrive, "a volume is taken for a Windows drive"},
	{DocumentMountColon, "a host path has a colon, which ends it"},
	{GateUnknown, "a gate names a service that does not exist"},
	{GateOfStack, "a gate names a service of the stack"},
	{NameTaken, "a physical name is taken"},
	{DocumentRefused, "Compose does not accept the document"},
}
