package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
)

// counter keeps a number in a file. The file is replaced as a whole, so a
// container that is killed leaves the old number or the new one.
type counter struct {
	file string
	mu   sync.Mutex
}

// next adds one and returns the new number.
func (c *counter) next() (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.read()
	if err != nil {
		return 0, err
	}
	n++
	tmp := c.file + ".tmp"
	if err := os.WriteFile(tmp, []byte(strconv.Itoa(n)+"\n"), 0o644); err != nil {
		return 0, err
	}
	return n, os.Rename(tmp, c.file)
}

// read returns the number in the file; a file that is not there yet means 0.
func (c *counter) read() (int, error) {
	data, err := os.ReadFile(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0, fmt.Errorf("%s holds no number: %w", c.file, err)
	}
	return n, nil
}
