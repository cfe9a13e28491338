//go:build !linux

package sandbox

// hasHelper: nothing can be enforced here, so programs start as they are.
const hasHelper = false

// This tells what the kernel offers: off Linux, nothing.
func This() Kernel {
	const why = "devpm holds extensions in on Linux only"
	return Kernel{NoLandlock: why, NoFilter: why, NoOnce: why}
}

// Main is the helper, which there is not.
func Main([]string) int { return StatusFailed }
