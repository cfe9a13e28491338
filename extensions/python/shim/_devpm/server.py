"""Reads requests in a thread of its own and answers them, one after the other, in
the main thread: so a request to cancel is seen while an extension works, and
extensions run where signals and event loops expect to.
"""

import _queue
import os
import signal
import sys
from _thread import allocate_lock, get_ident, interrupt_main, start_new_thread
from os import read
from time import sleep

from . import current, faults, load, logs, wire
from .registry import CAPABILITIES, METHODS, registry


def serve(config, importer):
    importer.watched["logging"] = logs.attach
    if "logging" in sys.modules:
        logs.attach(sys.modules["logging"])
    contain()
    current.wire = wire.Wire()
    current.name, current.version = config["name"], config.get("version", "")
    Server(config, current.wire).run()


def contain():
    """A plugin that ends the process would end the others with it."""
    home = os.getpid()

    def _exit(status):
        if os.getpid() != home:  # a child that was forked
            faults.real_exit(status)
        raise faults.Exited(status)

    os._exit = _exit
    sys.argv = ["devpm"]
    os.environ.pop("PYTHONHASHSEED", None)  # it was for this process
    import faulthandler

    faulthandler.enable(2)  # a crash of a C library names file and line


class Server:
    def __init__(self, config, w):
        self.config, self.wire = config, w
        self.queue = _queue.SimpleQueue()
        self.lock = allocate_lock()
        self.waiting = {}  # id -> whether it was cancelled, of requests not yet begun
        self.active = None  # id of the request that is worked on
        self.noticed = None  # id of the request whose cancellation was noticed last
        self.row = None  # the registration that works on it
        self.interruptible = False
        self.initialized = False
        self.notices = []

    def run(self):
        if hasattr(signal, "SIGINT"):
            signal.signal(signal.SIGINT, self.interrupted)
        start_new_thread(self.read, ())
        while True:
            item = self.queue.get()
            if item is None or self.handle(*item):
                break
        self.leave()

    def leave(self):
        import atexit

        try:
            atexit._run_exitfuncs()
        except BaseException:
            pass
        self.wire.flush()
        faults.real_exit(0)  # threads of extensions must not keep the process

    # Reading.

    def read(self):
        parts, size = [], 0
        while True:
            try:
                chunk = read(self.wire.input, 1 << 16)
            except OSError as error:
                wire.lost(error)
            if not chunk:
                self.queue.put(None)
                self.cancel(self.active)
                return
            while True:
                line, found, chunk = chunk.partition(b"\n")
                parts.append(line)
                size += len(line)
                if size > wire.MOST:
                    self.fail(None, faults.INVALID_REQUEST, "a message may have %d bytes" % wire.MOST)
                    self.queue.put(None)
                    return
                if not found:
                    break
                self.receive(b"".join(parts))
                parts, size = [], 0

    def receive(self, line):
        try:
            message = wire.decode(line)
        except (ValueError, RecursionError) as error:
            return self.fail(None, faults.PARSE, "the message is not JSON: %s" % error)
        if not isinstance(message, dict):
            return self.fail(None, faults.INVALID_REQUEST, "a message is an object")
        method, key, params = message.get("method"), message.get("id"), message.get("params")
        params = {} if params is None else params
        if not isinstance(method, str):
            if "result" in message or "error" in message:
                return None  # an answer; nothing was asked
            return self.fail(key, faults.INVALID_REQUEST, "a request has a method")
        if not isinstance(params, dict):
            return self.fail(key, faults.INVALID_PARAMS, "the parameters are an object")
        if method == "$/cancelRequest":
            return self.cancel(params.get("id"))
        if "id" not in message:
            return None  # a notification that is not known
        if not isinstance(key, (str, int)) or isinstance(key, bool):
            return self.fail(None, faults.INVALID_REQUEST, "an id is a text or a whole number")
        with self.lock:
            self.waiting[key] = False
        return self.queue.put((key, method, params))

    def cancel(self, key):
        with self.lock:
            if key is None:
                return
            if self.waiting.get(key) is False:
                self.waiting[key] = True
                return
            if key != self.active:
                return
            stop = self.row.cancel if self.row is not None else None
        if stop is not None:
            start_new_thread(stop, ())
        else:
            start_new_thread(self.interrupt, (key,))

    def interrupt(self, key):
        """Interrupts the main thread until it has noticed: a signal that comes just before a
        system call waits is not seen by that call.
        """
        while self.active == key and self.noticed != key:
            if kill is not None:
                kill(main_thread, signal.SIGINT)  # also ends a system call that waits
            else:
                interrupt_main()
            sleep(0.05)

    def interrupted(self, *_):
        if self.interruptible:
            self.interruptible, self.noticed = False, self.active
            if self.wire.sending:
                self.wire.deferred = True
            else:
                raise faults.Cancelled()

    # Answering.

    def fail(self, key, code, message):
        self.wire.send({"jsonrpc": "2.0", "id": key, "error": {"code": code, "message": message}})

    def handle(self, key, method, params):
        """Answers one request; True when it was the last."""
        with self.lock:
            cancelled = self.waiting.pop(key, False)
            self.active = None if cancelled else key
        if cancelled:
            self.fail(key, faults.CANCELLED, "it was cancelled before it began")
            return False
        if method == "shutdown":
            self.wire.send({"jsonrpc": "2.0", "id": key, "result": {}})
            return True
        answer = {"jsonrpc": "2.0", "id": key}
        current.request = key
        try:
            try:
                answer["result"] = self.result(method, params)
            finally:
                self.interruptible = False
                self.wire.flush()
                current.command = False
            self.wire.send(answer)
        except BaseException as error:
            answer.pop("result", None)
            answer["error"] = self.error(method, error)
            self.wire.send(answer)
        finally:
            with self.lock:
                self.active = self.row = None
            current.owner = current.request = None
        return False

    def error(self, method, error):
        if isinstance(error, NoMethod):
            return {"code": faults.NO_METHOD, "message": "there is no method %r" % method}
        if isinstance(error, NotReady):
            return {"code": faults.INVALID_REQUEST, "message": str(error)}
        owner = getattr(error, "owner", None) or current.owner or load.own(self.config)
        try:
            return faults.answer(error, owner, current.mode)
        except faults.Cancelled:
            raise
        except BaseException:
            return {"code": faults.FAILED, "message": faults.unspeakable(error), "data": {"source": owner.source}}

    def result(self, method, params):
        if method == "initialize":
            return self.initialize(params)
        if not self.initialized:
            raise NotReady("initialize comes first")
        if method == "describe":
            rows = [row.describe() for row in registry.rows.values()]
            return {"registrations": rows, "notices": self.notices}
        if method not in METHODS:
            raise NoMethod()
        row = registry.find(method, params)
        current.owner, self.row = row.owner, row
        call = row.calls.get(method)
        if call is None:
            raise faults.InvalidParams("%s %r does not answer %s" % (row.kind, row.name, method))
        if method != "command.run":
            self.interruptible = True
            return call(params)
        current.command, tap = True, wire.Tap(self.wire)
        try:
            self.interruptible = True
            return call(params)
        finally:
            self.interruptible = False
            tap.end()

    def initialize(self, params):
        if self.initialized:
            raise NotReady("initialize comes once")
        from .frozen import freeze

        current.mode = params.get("mode") or "plan"
        current.cache_dir = params.get("cache_dir") or ""
        current.project = freeze(params.get("context") or {})
        self.initialized = True
        self.interruptible = True
        load.everything(self.config, self.notices)
        kinds = {row.kind for row in registry.rows.values()}
        extension = {"name": current.name}
        if current.version:
            extension["version"] = current.version
        return {
            "protocol_version": 1,
            "extension": extension,
            "capabilities": [name for kind, name in CAPABILITIES.items() if kind in kinds],
        }


class NoMethod(Exception):
    pass


class NotReady(Exception):
    pass


main_thread = get_ident()
kill = getattr(signal, "pthread_kill", None)  # not on Windows
