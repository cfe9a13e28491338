package diag

// Codes of `devpm eject`.
const (
	EjectOccupied Code = "DPM6111"
	EjectSecret   Code = "DPM6112"
	EjectDotenv   Code = "DPM6113"
	EjectBeside   Code = "DPM6114"
)

var ejectCodes = []CodeInfo{
	{EjectOccupied, "eject would replace a file that is yours"},
	{EjectSecret, "an ejected file holds secrets"},
	{EjectDotenv, "Compose cannot read the project's .env"},
	{EjectBeside, "Compose reads another file than the ejected one"},
}
