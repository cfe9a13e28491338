// Package secrets knows what a project's secrets are: it reads and writes
// `.odpm/secrets.json`, judges the `secrets` block of a manifest, says what
// `${@secret:KEY}` stands for, reads what a provider printed, and takes values
// out of texts that people or logs will see (spec §4; design §7, Secrets).
//
// It touches no disk, starts no provider and keeps no value longer than its
// caller does. No diagnostic of it holds a value.
package secrets
