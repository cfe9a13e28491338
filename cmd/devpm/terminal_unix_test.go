//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdTerminal runs a program on a terminal, waits for a question and answers:
//
//	terminal STATUS QUESTION ANSWER PROGRAM [ARGS…]
//
// ANSWER "^C" presses Ctrl-C. What the terminal shows goes to the file
// "terminal". QUESTION - expects none.
func cmdTerminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: terminal STATUS QUESTION ANSWER PROGRAM [ARGS…]")
	}
	status, question, answer := args[0], args[1], args[2]
	path, err := lookPath(ts, args[3])
	ts.Check(err)
	cmd := exec.Command(path, args[4:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), scriptEnviron(ts)
	control, err := pty.Start(cmd)
	ts.Check(err)
	defer control.Close()
	var screen bytes.Buffer
	seen := make(chan []byte)
	go func() {
		defer close(seen)
		for {
			part := make([]byte, 4096)
			n, err := control.Read(part)
			if n > 0 {
				seen <- part[:n]
			}
			if err != nil { // EIO once the program has ended
				return
			}
		}
	}()
	asked, deadline := question == "-", time.After(patience)
	for open := true; open; {
		select {
		case part, ok := <-seen:
			open = ok
			screen.Write(part)
			if !asked && strings.Contains(screen.String(), question) {
				asked = true
				if answer == "^C" {
					answer = "\x03"
				} else {
					answer += "\n"
				}
				_, err := io.WriteString(control, answer)
				ts.Check(err)
			}
		case <-deadline:
			_ = cmd.Process.Kill()
			ts.Fatalf("%s did not end within %s; the terminal shows\n%s", args[3], patience, screen.String())
		}
	}
	err = cmd.Wait()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		ts.Check(err)
	}
	text := strings.ReplaceAll(screen.String(), "\r\n", "\n")
	ts.Check(os.WriteFile(ts.MkAbs("terminal"), []byte(text), 0o644))
	if got := cmd.ProcessState.ExitCode(); status != strconv.Itoa(got) {
		ts.Fatalf("%s ended with %d, not with %s; the terminal shows\n%s", args[3], got, status, text)
	}
	if !asked {
		ts.Fatalf("%s did not ask %q; the terminal shows\n%s", args[3], question, text)
	}
}
