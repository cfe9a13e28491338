# The second thing that runs in the child, after boot.py: it reads the modules of
# the shim and makes them importable. Its syntax is that of any Python, so that an
# old one can say that it is too old.
import os
import sys

# The working directory is the project's: what lies there is no library, and
# nothing may be imported before that is so.
sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]

OLDEST = (3, 8)


def refuse():
    """Answers the first request of devpm, instead of failing without a word."""
    import json

    line = b""
    while not line.endswith(b"\n"):
        line += take(1)  # noqa: F821 (of boot.py)
    version = "%d.%d.%d" % tuple(sys.version_info[:3])
    error = {
        "code": -32001,
        "message": "%s is Python %s; extensions need 3.8 or later" % (sys.executable, version),
        "data": {"fix": "name a newer one with DEVPM_PYTHON"},
    }
    answer = {"jsonrpc": "2.0", "id": json.loads(line.decode("utf-8")).get("id"), "error": error}
    os.write(1, (json.dumps(answer) + "\n").encode("utf-8"))
    sys.exit(0)


class Importer(object):
    """Serves the modules that devpm carries, before any other of their name."""

    def __init__(self, sources):
        self.sources = sources  # name -> [is a package, text]
        self.roots = set(name.partition(".")[0] for name in sources)
        self.watched = {}  # name -> what to do when that module has been loaded

    def find_spec(self, name, path=None, target=None):
        found = self.sources.get(name)
        if found is not None:
            spec = type(sys.__spec__)(name, self, origin=self.filename(name), is_package=found[0])
            spec.has_location = True
            return spec
        if name in self.watched:
            return self.watch(name, path, target)
        return None

    def watch(self, name, path, target):
        then = self.watched.pop(name)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if finder is not self else None
            if spec is not None:
                break
        else:
            return None
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            then(module)

        try:
            spec.loader.exec_module = exec_module
        except AttributeError:  # a loader that cannot be changed: the module goes unwatched
            pass
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__spec__.name
        exec(compile(self.sources[name][1], self.filename(name), "exec", 0, True), module.__dict__)

    def filename(self, name):
        parts = name.split(".") + (["__init__"] if self.sources[name][0] else [])
        return "<devpm>/" + "/".join(parts) + ".py"

    def get_source(self, name):  # for tracebacks
        return self.sources[name][1]

    def is_package(self, name):
        return self.sources[name][0]


def start():
    archive = take(int(take(10)))  # noqa: F821 (of boot.py)
    if sys.version_info < OLDEST:
        refuse()
    import json

    archive = json.loads(archive.decode("utf-8"))
    importer = Importer(archive["modules"])
    sys.meta_path.insert(0, importer)
    from _devpm import server

    server.serve(archive["config"], importer)


start()
