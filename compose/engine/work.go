package engine

import "context"

// Work is a script that runs once in a new container of an image.
type Work struct {
	Image  string
	Name   string   // of the container
	Script string   // for /bin/sh
	Keep   []string // names of variables of Docker.Env that the container gets
	In     string   // directory whose content the container finds as WorkIn
	Out    string   // directory that gets what the container leaves as WorkOut; made here
}

// Where the container of a Work finds its input, and leaves its result.
const (
	WorkIn  = "/tmp/devpm-in"
	WorkOut = "/tmp/devpm-out"
)

// workUser is nobody: what a script builds is others' code.
const workUser = "65534:65534"

// Work runs a script, as nobody and without capabilities, in a container that
// has nothing of the host and of the project but the files that are copied in;
// so it works with an engine on another machine too. The container is removed
// in the end. Values of variables are in no argument. The error is a
// *diag.Failure with the last line that the script said.
func (d Docker) Work(ctx context.Context, w Work) (err error) {
	args := []string{"--pull", "never", "--name", w.Name, "--entrypoint", "/bin/sh",
		"--user", workUser, "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--env", "HOME=/tmp"}
	for _, name := range w.Keep {
		args = append(args, "--env", name)
	}
	defer func() {
		// Also after a create that was interrupted: the engine may have gone on.
		if removed := d.run(context.WithoutCancel(ctx), "rm", "--force", "--volumes", w.Name); err == nil {
			err = removed
		}
	}()
	if err := d.run(ctx, "create", append(args, w.Image, "-c", w.Script)...); err != nil {
		return err
	}
	if err := d.run(ctx, "cp", w.In, w.Name+":"+WorkIn); err != nil {
		return err
	}
	if err := d.run(ctx, "start", "--attach", w.Name); err != nil {
		return err
	}
	return d.run(ctx, "cp", w.Name+":"+WorkOut, w.Out)
}
