//go:build !linux

package main

import "errors"

func oldKernel([]string) error { return errors.ErrUnsupported }
