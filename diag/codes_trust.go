package diag

// Codes of trust.
const (
	TrustNeeded     Code = "DPM3401"
	TrustDigest     Code = "DPM3402"
	TrustMoved      Code = "DPM3403"
	TrustUnplanned  Code = "DPM3404"
	DocumentNotOurs Code = "DPM3405"
)

var trustCodes = []CodeInfo{
	{TrustNeeded, "the project is not trusted"},
	{TrustDigest, "DEVPM_TRUST names another digest"},
	{TrustMoved, "what was trusted changed during the run"},
	{TrustUnplanned, "the plan has steps that wait for trust"},
	{DocumentNotOurs, "docker-compose.yml is not what devpm wrote"},
}
