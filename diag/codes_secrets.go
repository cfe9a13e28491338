package diag

// Codes of secrets (33xx).
const (
	SecretsMissing      Code = "DPM3301"
	SecretUnknown       Code = "DPM3302"
	SecretPlaceholder   Code = "DPM3303"
	SecretsFile         Code = "DPM3304"
	SecretsUnmet        Code = "DPM3305"
	SecretsOpen         Code = "DPM3306"
	SecretsNotIgnored   Code = "DPM3307"
	SecretInArguments   Code = "DPM3308"
	SecretShort         Code = "DPM3309"
	SecretsProvider     Code = "DPM3310"
	SecretsFetchFailed  Code = "DPM3311"
	SecretsFetchOutput  Code = "DPM3312"
	SecretsFetchPartial Code = "DPM3313"
)

var secretsCodes = []CodeInfo{
	{SecretsMissing, "secrets are used and there is no secrets file"},
	{SecretUnknown, "a secret is not in the secrets file"},
	{SecretPlaceholder, "a secret still has a placeholder for its value"},
	{SecretsFile, "a secrets file cannot be used"},
	{SecretsUnmet, "the secrets that the manifest requires are not there"},
	{SecretsOpen, "a secrets file can be read by others"},
	{SecretsNotIgnored, "git does not ignore the secrets file"},
	{SecretInArguments, "a secret becomes an argument of a program"},
	{SecretShort, "a secret is too short to be masked everywhere"},
	{SecretsProvider, "the secrets provider cannot be used"},
	{SecretsFetchFailed, "the secrets provider failed"},
	{SecretsFetchOutput, "the secrets provider printed something else than secrets"},
	{SecretsFetchPartial, "the secrets provider did not give all secrets"},
}
