"""What goes wrong, as the `error` of an answer or as a notice."""

import errno
import os
import sys

real_exit = os._exit

PARSE, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
CANCELLED, FAILED, CONFIG = -32800, -32000, -32001

MOST_SAID = 4000  # characters of what an exception says, and of a line of its trace


class InvalidParams(Exception):
    """devpm asked for something that is not there."""


class BadAnswer(Exception):
    """The extension returned something that cannot be used."""


class Failure(Exception):
    """The work failed, and the extension says so in its own words. The message and
    `fix` are for the user; source and line say which file it is about; exit_code is
    that of a program that the work ended with, and becomes devpm's.
    """

    def __init__(self, message, fix="", source="", line=0, exit_code=0):
        super().__init__(message)
        self.fix, self.source, self.line, self.exit_code = fix, source, line, exit_code


class Cancelled(KeyboardInterrupt):
    """Raised in the extension's code when devpm does not wait any longer."""


class Exited(SystemExit):
    """Raised in place of os._exit, which would end the other plugins too."""


def inside(path, roots):
    return any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def place(error, owner):
    """File and line of the innermost frame in the owner's own code."""
    if isinstance(error, Failure) and error.source and not os.path.isabs(error.source) and ".." not in error.source.split("/"):
        return error.source, error.line
    if isinstance(error, SyntaxError) and error.filename and inside(os.path.abspath(error.filename), owner.roots):
        return owner.display(os.path.abspath(error.filename)), error.lineno or 0
    found = None
    trace = error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if not path.startswith("<") and inside(os.path.abspath(path), owner.roots):
            found = os.path.abspath(path), trace.tb_lineno
        trace = trace.tb_next
    return (owner.display(found[0]), found[1]) if found else (owner.source, 0)


def refused(error):
    """Whether the sandbox, and not the file's mode, is the likely reason: of the error
    itself, or of one that it was raised for, as libraries wrap them.
    """
    for _ in range(5):
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            name = error.filename
            if isinstance(name, (str, bytes)) and os.path.exists(name) and not os.path.isdir(name):
                return os.access(name, os.R_OK)
            return True
        reason = getattr(error, "reason", None)  # of urllib's
        error = reason if isinstance(reason, Exception) else getattr(error, "__cause__", None) or getattr(error, "__context__", None)
    return False


def said_by(error):
    """What an exception says of itself, on one line of some length: it may say anything, or
    fail while it does.
    """
    try:
        return shortened(" ".join(str(error).split()))
    except Cancelled:
        raise
    except BaseException:
        return ""


def shortened(text):
    return text if len(text) <= MOST_SAID else text[:MOST_SAID] + "…"


def sentence(error, mode=""):
    """One line for the user."""
    name = type(error).__name__
    if isinstance(error, Cancelled):
        return "it was told to stop"
    if isinstance(error, SystemExit):
        status = repr(error.code) if isinstance(error.code, (int, str, type(None))) else "of a " + type(error.code).__name__
        return "it wanted to end the program, with status %s; an extension must not" % shortened(status)
    if isinstance(error, SyntaxError):
        return "%s: %s" % (name, error.msg)
    text = said_by(error)
    said = "%s: %s" % (name, text) if text else name
    if isinstance(error, (BadAnswer, Failure)):
        said = text
    if mode == "plan" and refused(error):
        said += "; while devpm plans, an extension may not write files, open connections or start programs"
    return said


def advice(error, mode=""):
    if isinstance(error, Failure):
        return error.fix
    if mode == "plan" and refused(error):
        return "do that in execute() or in a hook, which run when the plan is carried out"
    if isinstance(error, ModuleNotFoundError):
        name = error.name or ""
        if name.partition(".")[0] == "dev_project":
            return "devpm has the part of odpm's modules that is for plugins: see docs/extensions/python.md"
        return "install it for the interpreter that DEVPM_PYTHON or VIRTUAL_ENV names, or put it beside the plugin"
    if isinstance(error, SystemExit):
        return "raise an exception instead"
    if isinstance(error, BadAnswer):
        return "the extension has to answer with something else: see docs/extensions/python.md"
    return ""


def unspeakable(error):
    """Of an error that fails when it is looked at."""
    return "%s, which says nothing of itself" % type(error).__name__


def trace(error):
    import traceback

    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return [shortened(line) for line in "".join(lines).rstrip().split("\n")[-60:]]


def answer(error, owner, mode):
    """The `error` member of an answer."""
    if isinstance(error, InvalidParams):
        return {"code": INVALID_PARAMS, "message": str(error)}
    code = CANCELLED if isinstance(error, Cancelled) else CONFIG if is_config(error) else FAILED
    source, line = place(error, owner)
    data = {"source": source}
    if line:
        data["line"] = line
    fix = advice(error, mode)
    if fix:
        data["fix"] = fix
    status = status_of(error)
    if isinstance(status, int) and not isinstance(status, bool) and 0 < status < 256:
        data["exit_code"] = status
    data["trace"] = trace(error)
    return {"code": code, "message": sentence(error, mode), "data": data}


def status_of(error):
    """Of a program that the work ended with, where the exception has it."""
    try:
        return getattr(error, "exit_code", None) or getattr(error, "returncode", None)
    except Exception:
        return None


def is_config(error):
    errors = sys.modules.get("dev_project.errors")
    return isinstance(error, BadAnswer) or (errors is not None and isinstance(error, errors.ConfigError))


def notice(error, owner, code, mode="", fix=""):
    """A notice of an extension that was left out."""
    source, line = place(error, owner)
    out = {"severity": "error", "code": code, "message": sentence(error, mode), "source": source, "extension": owner.name}
    fix = fix or advice(error, mode)
    if fix:
        out["fix"] = fix
    if line:
        out["line"] = line
    return out
