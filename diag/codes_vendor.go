package diag

// Codes of `devpm vendor` and --offline.
const (
	VendorDirectory   Code = "DPM6151"
	VendorForeign     Code = "DPM6152"
	VendorIndex       Code = "DPM6153"
	VendorDamaged     Code = "DPM6154"
	VendorImage       Code = "DPM6155"
	VendorRepository  Code = "DPM6156"
	VendorAbsent      Code = "DPM6157"
	OfflineRepository Code = "DPM6158"
	OfflineImage      Code = "DPM6159"
	OfflineBuild      Code = "DPM6160"
	VendorPartly      Code = "DPM6161"
	DockerFailed      Code = "DPM6162"
)

var vendorCodes = []CodeInfo{
	{VendorDirectory, "the vendor directory cannot be used"},
	{VendorForeign, "the vendor directory is another project's"},
	{VendorIndex, "vendor.json cannot be read"},
	{VendorDamaged, "a file of the vendor directory is not what it was"},
	{VendorImage, "an image cannot be vendored"},
	{VendorRepository, "a repository cannot be vendored"},
	{VendorAbsent, "there is no vendor directory"},
	{OfflineRepository, "a repository cannot be had offline"},
	{OfflineImage, "an image cannot be had offline"},
	{OfflineBuild, "an image cannot be built offline"},
	{VendorPartly, "something is not in the vendor directory"},
	{DockerFailed, "a docker command failed"},
}
