package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/devpm/devpm/internal/fsx"
)

// fakeDir names the environment variable with the directory that steers the
// fake docker and engine.
const fakeDir = "FAKE_DIR"

// fakeDocker is docker or docker-compose in scripts. Each call is one line of
// $FAKE_DIR/calls. `version` prints $FAKE_DIR/version. For any other verb
// (compose's own, such as up) $FAKE_DIR/VERB.out and VERB.err are printed,
// VERB.hang waits to be ended, and VERB.code is the exit status. With
// $FAKE_DIR/standalone docker has no compose plugin.
func fakeDocker(name string, args []string) int {
	dir := os.Getenv(fakeDir)
	if f, err := os.OpenFile(filepath.Join(dir, "calls"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
		fmt.Fprintln(f, name, strings.Join(args, " "))
		f.Close()
	}
	if _, err := os.Stat(filepath.Join(dir, "standalone")); err == nil && name == "docker" && len(args) > 0 && args[0] == "compose" {
		fmt.Fprintln(os.Stderr, "docker: 'compose' is not a docker command.")
		return 1
	}
	verb := composeVerb(name, args)
	if verb == "version" {
		version, err := os.ReadFile(filepath.Join(dir, "version"))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(strings.TrimSpace(string(version)))
		return 0
	}
	if verb == "save" && len(args) > 2 { // docker save --output FILE IMAGE
		if err := os.WriteFile(args[2], []byte("an archive of "+args[len(args)-1]), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, verb+".out")); err == nil {
		os.Stdout.Write(text)
	}
	if text, err := os.ReadFile(filepath.Join(dir, verb+".err")); err == nil {
		os.Stderr.Write(text)
	}
	if _, err := os.Stat(filepath.Join(dir, verb+".hang")); err == nil {
		waitForEnd()
		return 130
	}
	text, err := os.ReadFile(filepath.Join(dir, verb+".code"))
	if err != nil {
		return 0
	}
	code, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 1
	}
	return code
}

// composeVerb is the first word that is neither "compose" nor a flag or its
// value.
func composeVerb(name string, args []string) string {
	valued := []string{"-f", "--file", "-p", "--project-name", "--project-directory", "--env-file", "--profile", "--progress", "--ansi", "--context", "-H", "--host"}
	for i := 0; i < len(args); i++ {
		switch {
		case name == "docker" && args[i] == "compose":
		case strings.HasPrefix(args[i], "-"):
			if slices.Contains(valued, args[i]) {
				i++
			}
		default:
			return args[i]
		}
	}
	return "none"
}

// hookHelper is the program that hooks run in scripts:
//
//	hookhelper print WORDS…   hookhelper env NAME     hookhelper exit CODE [WORDS…]
//	hookhelper touch FILE     hookhelper hang [FILE]  hookhelper stubborn [FILE]
//	hookhelper count N        hookhelper listen PORT FILE
//
// hang ends on TERM, stubborn does not, listen holds a port until TERM; they
// make FILE, with their process id, once they are ready. count prints the
// numbers up to N. (environ prints the environment, for the script commands.)
func hookHelper() {
	args := append(os.Args[1:], "", "")
	switch args[0] {
	case "print":
		fmt.Println(strings.TrimSpace(strings.Join(args[1:], " ")))
	case "env":
		fmt.Println(os.Getenv(args[1]))
	case "exit":
		fmt.Fprintln(os.Stderr, strings.TrimSpace(strings.Join(args[2:], " ")))
		code, err := strconv.Atoi(args[1])
		if err != nil {
			code = 1
		}
		os.Exit(code)
	case "touch":
		touch(args[1])
	case "environ":
		fmt.Print(strings.Join(os.Environ(), "\x00"))
	case "count":
		n, _ := strconv.Atoi(args[1])
		for i := range n {
			fmt.Println(i + 1)
		}
	case "listen":
		if _, err := net.Listen("tcp", ":"+args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		touch(args[2])
		waitForEnd()
	case "hang":
		touch(args[1])
		waitForEnd()
		os.Exit(143)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM, os.Interrupt)
		touch(args[1])
		time.Sleep(10 * time.Minute)
	case "oldkernel":
		fmt.Fprintln(os.Stderr, oldKernel(os.Args[2:]))
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "hookhelper: unknown word", args[0])
		os.Exit(1)
	}
}

func touch(file string) {
	if file == "" {
		return
	}
	// A script waits for this file and reads it at once: it must be whole.
	if err := fsx.WriteFileAtomic(file, fmt.Appendln(nil, os.Getpid()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// waitForEnd waits for TERM or an interrupt, for ten minutes at most.
func waitForEnd() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, os.Interrupt)
	select {
	case <-end:
	case <-time.After(10 * time.Minute):
	}
}
