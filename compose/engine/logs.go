package engine

import (
	"context"
	"io"
	"strconv"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/devpm/devpm/internal/execx"
)

// LastLogs returns the last lines that a container wrote, both streams in the
// order the engine has them.
func (e *Engine) LastLogs(ctx context.Context, c Container, lines int) ([]string, error) {
	stream, err := e.api.ContainerLogs(ctx, c.ID, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(lines),
	})
	if err != nil {
		return nil, e.refused(ctx, "reading the log of "+c.Name, err)
	}
	defer func() { _ = stream.Close() }()
	var got []string
	w := execx.Lines(func(line string) { got = append(got, line) })
	if c.TTY {
		_, err = io.Copy(w, stream)
	} else {
		_, err = stdcopy.StdCopy(w, w, stream)
	}
	w.Flush()
	if err != nil {
		return got, e.refused(ctx, "reading the log of "+c.Name, err)
	}
	return got, nil
}
