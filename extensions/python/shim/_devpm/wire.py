"""The streams: one line of JSON a message, and nothing else on that stream.

Standard output belongs to the protocol, so it is moved away before any code of an
extension runs. What print() writes becomes log lines with the extension's name;
what anything else writes to descriptor 1, such as a child or a C library, goes to
standard error, which devpm takes as log too.
"""

import codecs
import io
import os
import sys
from _thread import allocate_lock, get_ident, start_new_thread
from json import dumps, loads
from os import dup2, getpid, read, write

from . import current, faults

# What the conversation needs is taken by name above: extensions replace functions
# of these modules, for themselves and so for all.

MOST = 8 << 20  # bytes of a message, with its line ending
MOST_LOG = 16 << 10  # characters of one log line
MOST_OUTPUT = 1 << 20  # bytes of output in one message


class Wire:
    def __init__(self):
        self.lock = allocate_lock()
        self.main, self.home = get_ident(), getpid()
        # A cancellation waits until the message that the main thread sends is whole.
        self.sending = self.deferred = False
        self.input, self.output = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDONLY)
        dup2(null, 0)
        os.close(null)
        dup2(2, 1)
        raw = Lines(self)
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True)
        self.printed = raw

    def send(self, message):
        """Sends one message; BadAnswer when it is none."""
        data = encode(message)
        if len(data) > MOST:
            raise faults.BadAnswer("the answer has %d bytes, and a message may have %d" % (len(data), MOST))
        if getpid() != self.home:
            return self.astray(message)
        main = get_ident() == self.main
        if main:
            self.sending = True
        with self.lock:
            try:
                while data:
                    data = data[write(self.output, data):]
            except OSError as error:
                lost(error)
        if main:
            self.sending = False
            if self.deferred:
                self.deferred = False
                raise faults.Cancelled()

    def astray(self, message):
        """What a process that the extension forked says. The conversation is not its own,
        and its copy of the lock may never be free; it ends where it would answer.
        """
        if "method" in message:
            text = message["params"].get("text")
            write(2 if text is None else 1, (message["params"]["message"] + "\n" if text is None else text).encode("utf-8", "replace"))
            return
        write(2, b"devpm: a process that the extension forked came back from its function and is ended\n")
        faults.real_exit(1)

    def notify(self, method, params):
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def log(self, level, text):
        params = {"level": level, "message": text[:MOST_LOG]}
        if current.owner is not None:
            params["source"], params["extension"] = current.owner.source, current.owner.name
        self.notify("log", params)

    def flush(self):
        """Sends what was printed without a line ending."""
        try:
            sys.stdout.flush()
        except faults.Cancelled:
            raise
        except BaseException:  # closed, or replaced by the extension
            pass
        self.printed.finish()


class Lines(io.RawIOBase):
    """Descriptor 1 of Python code. Each line becomes a log line; what a command
    prints is its output, and goes to the user as it comes.
    """

    def __init__(self, wire):
        self.wire, self.rest, self.decoder = wire, b"", decoder()

    def writable(self):
        return True

    def fileno(self):
        return 1

    def isatty(self):
        return False

    def write(self, data):
        data = bytes(data)
        if current.command:
            self.output(data)
        else:
            self.rest += data
            *lines, self.rest = self.rest.split(b"\n")
            for line in lines:
                self.wire.log("info", text_of(line.rstrip(b"\r")))
            if len(self.rest) > MOST_LOG:
                self.finish()
        return len(data)

    def output(self, data, final=False):
        """Sends what a command prints; a letter that is cut in two waits for its end."""
        for start in range(0, len(data) or 1, MOST_OUTPUT):
            text = self.decoder.decode(data[start:start + MOST_OUTPUT], final)
            if text:
                self.wire.notify("output", {"id": current.request, "text": text})

    def finish(self):
        data, self.rest = self.rest, b""
        if data:
            self.wire.log("info", text_of(data))
        if current.command:
            self.output(b"", True)


class Tap:
    """Descriptor 1 while a command runs: what its children print is its output too."""

    def __init__(self, wire):
        self.wire, self.request, self.open = wire, current.request, True
        self.source, target = os.pipe()
        dup2(target, 1)
        os.close(target)
        self.ended = allocate_lock()
        self.ended.acquire()
        start_new_thread(self.copy, ())

    def copy(self):
        letters = decoder()
        while True:
            data = read(self.source, 1 << 16)
            text = letters.decode(data, not data)
            if text and self.open:
                self.wire.notify("output", {"id": self.request, "text": text})
            if not data:
                break
        os.close(self.source)
        self.ended.release()

    def end(self):
        dup2(2, 1)
        self.ended.acquire(True, 1)  # a child that was left behind may keep it open
        self.open = False


def lost(error):
    """Ends the process: the streams of the conversation are gone. Mostly the extension
    closed descriptors that it did not open.
    """
    write(2, ("devpm: the streams to devpm are closed, perhaps by the extension: %s\n" % error).encode("utf-8", "replace"))
    faults.real_exit(1)


def text_of(data):
    return data.decode("utf-8", "replace")


def decoder():
    return codecs.getincrementaldecoder("utf-8")("replace")


def encode(message):
    try:
        return dumps(message, allow_nan=False, separators=(",", ":"), default=plain).encode("ascii") + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise faults.BadAnswer("the answer is not JSON: %s" % culprit(message.get("result"), error, set())) from None


def plain(value):
    """JSON data for the other types that hold such."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "keys") and hasattr(value, "__getitem__"):
        return {key: value[key] for key in value.keys()}
    raise TypeError("a %s is not JSON" % type(value).__name__)


def culprit(value, error, seen, path="", depth=0):
    """Names the first value that is not JSON, with its place in the answer. Values that
    were seen are passed over: they may hold each other, and themselves.
    """
    if depth < 50 and id(value) not in seen:
        seen.add(id(value))
        if isinstance(value, dict):
            for key, item in value.items():
                if not isinstance(key, (str, int, float, bool, type(None))):
                    return "%s has the key %r, which is no text" % (path or "it", key)
                found = culprit(item, None, seen, "%s.%s" % (path, key) if path else str(key), depth + 1)
                if found:
                    return found
        elif isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                found = culprit(item, None, seen, "%s[%d]" % (path, index), depth + 1)
                if found:
                    return found
        else:
            try:
                dumps(value, allow_nan=False, default=plain)
            except (TypeError, ValueError, RecursionError):
                return "%s is %s" % (path or "it", repr(value) if isinstance(value, float) else "a " + type(value).__name__)
    return str(error) if error is not None else ""


def decode(line):
    def constant(name):
        raise ValueError("%s is not JSON" % name)

    return loads(line.decode("utf-8"), parse_constant=constant)
