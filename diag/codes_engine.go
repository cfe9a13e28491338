package diag

// Compose, the command line tool.
const (
	NoCompose          Code = "DPM5001"
	ComposeV1          Code = "DPM5002"
	ComposeTooOld      Code = "DPM5003"
	BadComposeVariable Code = "DPM5004"
	ComposeSilent      Code = "DPM5005"
)

// The engine and the way to it.
const (
	EngineNotRunning  Code = "DPM5010"
	EngineDenied      Code = "DPM5011"
	EngineSilent      Code = "DPM5012"
	EngineTooOld      Code = "DPM5013"
	EngineUnreachable Code = "DPM5014"
	BadDockerContext  Code = "DPM5015"
	EngineUnobserved  Code = "DPM5016"
	EngineTLS         Code = "DPM5017"
	EngineRefused     Code = "DPM5018"
	BadDockerHost     Code = "DPM5019"
)

// Preflight.
const (
	HostPortTaken        Code = "DPM5020"
	EngineDiskLow        Code = "DPM5021"
	ProjectNameElsewhere Code = "DPM5022"
	ProjectNameShared    Code = "DPM5023"
	ProjectRenamed       Code = "DPM5024"
)

// What a Compose command ended with.
const (
	ComposeFailed           Code = "DPM5030"
	ImageUnavailable        Code = "DPM5031"
	ImageBuildFailed        Code = "DPM5032"
	EngineDiskFull          Code = "DPM5033"
	ExternalResourceMissing Code = "DPM5034"
	ComposeDocumentRefused  Code = "DPM5035"
	VolumeMountFailed       Code = "DPM5036"
	ContainerNameTaken      Code = "DPM5037"
	HostPortTakenAtStart    Code = "DPM5038"
	ServiceDependencyFailed Code = "DPM5039"
)

// Waiting for services.
const (
	ServiceUnhealthy        Code = "DPM5040"
	ServiceExited           Code = "DPM5041"
	ServiceRestarts         Code = "DPM5042"
	ServiceNotReady         Code = "DPM5043"
	ServiceWithoutContainer Code = "DPM5044"
)

var engineCodes = []CodeInfo{
	{NoCompose, "Compose is not installed"},
	{ComposeV1, "Compose v1 is not supported"},
	{ComposeTooOld, "Compose is too old"},
	{BadComposeVariable, "DEVPM_COMPOSE does not name a Compose"},
	{ComposeSilent, "Compose does not answer"},
	{EngineNotRunning, "the container engine is not running"},
	{EngineDenied, "the container engine may not be used"},
	{EngineSilent, "the container engine does not answer"},
	{EngineTooOld, "the container engine is too old"},
	{EngineUnreachable, "the container engine cannot be reached"},
	{BadDockerContext, "the docker context cannot be used"},
	{EngineUnobserved, "the container engine cannot be observed over ssh"},
	{EngineTLS, "the connection to the container engine is not trusted"},
	{EngineRefused, "the container engine refused a request"},
	{BadDockerHost, "DOCKER_HOST is not an address"},
	{HostPortTaken, "a host port is in use"},
	{EngineDiskLow, "the engine's disk is nearly full"},
	{ProjectNameElsewhere, "the project name is used by another directory"},
	{ProjectNameShared, "the prefix is used by another directory"},
	{ProjectRenamed, "containers run under the project's former name"},
	{ComposeFailed, "a Compose command failed"},
	{ImageUnavailable, "an image cannot be had"},
	{ImageBuildFailed, "an image could not be built"},
	{EngineDiskFull, "the disk is full"},
	{ExternalResourceMissing, "an external network or volume does not exist"},
	{ComposeDocumentRefused, "Compose refused the document"},
	{VolumeMountFailed, "a volume cannot be mounted"},
	{ContainerNameTaken, "a container name is in use"},
	{HostPortTakenAtStart, "a host port was taken while starting"},
	{ServiceDependencyFailed, "a service that others wait for failed"},
	{ServiceUnhealthy, "a service is unhealthy"},
	{ServiceExited, "a service ended"},
	{ServiceRestarts, "a service keeps restarting"},
	{ServiceNotReady, "a service was not ready in time"},
	{ServiceWithoutContainer, "a service has no container"},
}
