"""The streams: one line of JSON a message, and nothing else on that stream.

Standard output belongs to the protocol, so it is moved away before any code of an
extension runs. What print() writes becomes log lines with the extension's name;
what anything else writes to descriptor 1, such as a child or a C library, goes to
standard error, which devpm takes as log too.
"""

import _thread
import codecs
import io
import json
import os
import sys

from . import current, faults

MOST = 8 << 20  # bytes of a message, with its line ending
MOST_LOG = 16 << 10  # characters of one log line


class Wire:
    def __init__(self):
        self.lock = _thread.allocate_lock()
        self.main = _thread.get_ident()
        # A cancellation waits until the message that the main thread sends is whole.
        self.sending = self.deferred = False
        self.input, self.output = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        raw = Lines(self)
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True)
        self.printed = raw

    def send(self, message):
        """Sends one message; BadAnswer when it is none."""
        data = encode(message)
        if len(data) > MOST:
            raise faults.BadAnswer("the answer has %d bytes, and a message may have %d" % (len(data), MOST))
        main = _thread.get_ident() == self.main
        if main:
            self.sending = True
        with self.lock:
            while data:
                data = data[os.write(self.output, data):]
        if main:
            self.sending, deferred, self.deferred = False, self.deferred, False
            if deferred:
                raise faults.Cancelled()

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
        except (ValueError, AttributeError):  # closed or replaced by the extension
            pass
        self.printed.finish()


class Lines(io.RawIOBase):
    """Descriptor 1 of Python code. Each line becomes a log line; what a command
    prints is its output, and goes to the user as it comes.
    """

    def __init__(self, wire):
        self.wire, self.rest = wire, b""

    def writable(self):
        return True

    def fileno(self):
        return 1

    def isatty(self):
        return False

    def write(self, data):
        data = bytes(data)
        self.rest += data
        if current.command:
            self.finish()
        else:
            *lines, self.rest = self.rest.split(b"\n")
            for line in lines:
                self.wire.log("info", text_of(line.rstrip(b"\r")))
            if len(self.rest) > MOST_LOG:
                self.finish()
        return len(data)

    def finish(self):
        data, self.rest = self.rest, b""
        if data and current.command:
            for start in range(0, len(data), 1 << 20):
                self.wire.notify("output", {"id": current.request, "text": text_of(data[start:start + (1 << 20)])})
        elif data:
            self.wire.log("info", text_of(data))


class Tap:
    """Descriptor 1 while a command runs: what its children print is its output too."""

    def __init__(self, wire):
        self.wire, self.request, self.open = wire, current.request, True
        self.source, target = os.pipe()
        os.dup2(target, 1)
        os.close(target)
        self.ended = _thread.allocate_lock()
        self.ended.acquire()
        _thread.start_new_thread(self.copy, ())

    def copy(self):
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            data = os.read(self.source, 1 << 16)
            text = decoder.decode(data, not data)
            if text and self.open:
                self.wire.notify("output", {"id": self.request, "text": text})
            if not data:
                break
        os.close(self.source)
        self.ended.release()

    def end(self):
        os.dup2(2, 1)
        self.ended.acquire(True, 1)  # a child that was left behind may keep it open
        self.open = False


def text_of(data):
    return data.decode("utf-8", "replace")


def encode(message):
    try:
        return json.dumps(message, allow_nan=False, separators=(",", ":"), default=plain).encode("ascii") + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise faults.BadAnswer("the answer is not JSON: %s" % culprit(message.get("result"), error)) from None


def plain(value):
    """JSON data for the other types that hold such."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "keys") and hasattr(value, "__getitem__"):
        return {key: value[key] for key in value.keys()}
    raise TypeError("a %s is not JSON" % type(value).__name__)


def culprit(value, error, path="", depth=0):
    """Names the first value that is not JSON, with its place in the answer."""
    if depth < 50:
        if isinstance(value, dict):
            for key, item in value.items():
                if not isinstance(key, (str, int, float, bool, type(None))):
                    return "%s has the key %r, which is no text" % (path or "it", key)
                found = culprit(item, None, "%s.%s" % (path, key) if path else str(key), depth + 1)
                if found:
                    return found
        elif isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                found = culprit(item, None, "%s[%d]" % (path, index), depth + 1)
                if found:
                    return found
        else:
            try:
                json.dumps(value, allow_nan=False, default=plain)
            except (TypeError, ValueError, RecursionError):
                return "%s is %s" % (path or "it", repr(value) if isinstance(value, float) else "a " + type(value).__name__)
    return str(error) if error is not None else ""


def decode(line):
    def constant(name):
        raise ValueError("%s is not JSON" % name)

    return json.loads(line.decode("utf-8"), parse_constant=constant)
