package trust

import "io/fs"

// ownersAlone cannot tell more on Windows, where the directory's list of rights
// decides.
func ownersAlone(fs.FileInfo) bool { return true }
