package diag

// Leased host ports, and what work trees could share by accident (51xx).
const (
	PortLeased     Code = "DPM5101"
	PortsUnknown   Code = "DPM5102"
	PortsExhausted Code = "DPM5103"
	PortsTable     Code = "DPM5104"
	NotPublished   Code = "DPM5105"

	FixedNameTaken  Code = "DPM5111"
	FixedNameShared Code = "DPM5112"
)

var portCodes = []CodeInfo{
	{PortLeased, "another host port is leased"},
	{PortsUnknown, "DEVPM_PORTS is neither auto nor fixed"},
	{PortsExhausted, "no host port is left to lease"},
	{PortsTable, "the leased ports cannot be read"},
	{NotPublished, "a port of a service has no address"},
	{FixedNameTaken, "another project has a container of this name"},
	{FixedNameShared, "a volume or network is shared with another project"},
}
