"""Loads plugins: entry points of installed packages, then modules of the project,
or one package. What fails is a notice, and the others are loaded all the same.
"""

import os
import sys

from . import api, current, faults
from .registry import Owner, registry


def own(config):
    """The owner of what no plugin is to blame for."""
    return Owner(config["name"], config["name"])


def everything(config, notices):
    loader = Loader(config, notices)
    for distribution in config.get("distributions", ()):
        loader.distribution(distribution)
    if config.get("modules"):
        sys.path.append(config["plugin_dir"])  # after all libraries, so that no plugin hides one
        sys.meta_path.insert(1, LocalFinder(loader))
        for name in list(loader.modules):
            loader.local(name)
    if config.get("package"):
        loader.package(config["package"])


def loading(owner):
    """Tells who is to blame should the process end now."""
    before, current.owner = current.owner, owner
    current.wire.log("debug", "loading")
    current.owner = before


class Empty(Exception):
    """The module registers nothing."""


class Loader:
    def __init__(self, config, notices):
        self.config, self.notices = config, notices
        self.codes = config["codes"]
        self.modules = {m["name"]: m for m in config.get("modules", ())}
        self.registered = set()  # modules of packages that registered by themselves
        self.failed = {}  # name of a module of the project -> its error

    def attempt(self, owner, work):
        """Runs work with its registrations kept apart; the result, or a notice."""
        registry.begin(owner)
        before, current.owner = current.owner, owner
        keep = False
        try:
            out = work()
            keep = True
            return out
        except faults.Cancelled as error:
            error.owner = owner
            raise
        except BaseException as error:
            self.notices.append(self.notice(error, owner))
            return error
        finally:
            current.wire.flush()
            registry.end(keep)
            current.owner = before

    def notice(self, error, owner):
        try:
            return self.judged(error, owner)
        except faults.Cancelled:
            raise
        except BaseException:
            return {"severity": "error", "code": self.codes["load"], "message": faults.unspeakable(error), "source": owner.source, "extension": owner.name}

    def judged(self, error, owner):
        errors = sys.modules.get("dev_project.errors")
        code, fix = self.codes["load"], ""
        if errors is not None and isinstance(error, errors.UnsupportedAPI):
            code, fix = self.codes["api"], "change the plugin to version %s, or use a devpm that has the version" % api.VERSION
            out = faults.notice(error, owner, code, fix=fix)
            out["message"] = faults.said_by(error)
            out.setdefault("line", declared(owner))
            return out
        if isinstance(error, ValueError) and "is registered twice" in faults.said_by(error):
            code, fix = self.codes["registers"], "give one of them another name"
        elif isinstance(error, (faults.BadAnswer, Empty)):
            code, fix = self.codes["registers"], "see docs/extensions/python.md for what a plugin has to have"
        out = faults.notice(error, owner, code, current.mode, fix)
        if isinstance(error, Empty):
            out["message"] = str(error)
        return out

    # Modules of the project.

    def local(self, name):
        """The module of one plugin, loaded at most once."""
        entry = self.modules[name]
        qualified = "odpm_local_plugin_" + name  # as odpm names them
        if qualified in sys.modules:
            return sys.modules[qualified]
        if name in self.failed:
            raise ImportError("the plugin %s cannot be loaded" % entry["source"])
        owner = Owner(name, entry["source"], self.display)
        owner.roots = [os.path.dirname(entry["path"])]
        loading(owner)
        out = self.attempt(owner, lambda: self.execute(qualified, entry["path"], name))
        if isinstance(out, BaseException):
            sys.modules.pop(qualified, None)
            self.failed[name] = out
            return None
        return out

    def display(self, path):
        root = self.config["plugin_dir"]
        return self.config["plugin_source"] + "/" + os.path.relpath(path, root).replace(os.sep, "/")

    def execute(self, qualified, path, name):
        from importlib.machinery import ModuleSpec, SourceFileLoader

        module = type(sys)(qualified)
        loader = SourceFileLoader(qualified, path)
        module.__file__, module.__loader__ = path, loader
        module.__spec__ = ModuleSpec(qualified, loader, origin=path)
        sys.modules[qualified] = module
        loader.exec_module(module)
        finish(module, name)
        return module

    # Installed packages.

    def distribution(self, d):
        owner = Owner(d["name"], ("%s %s" % (d["name"], d.get("version", ""))).strip())
        for point in d["points"]:
            loading(owner)
            self.attempt(owner, lambda: self.point(owner, d, point))

    def point(self, owner, d, point):
        from . import odpm

        name = point["module"]
        owner.roots = locate(name.partition(".")[0])
        owner.display = lambda path: inner(path, [os.path.dirname(root) for root in owner.roots])
        module = import_module(name)
        if registry.count():
            self.registered.add(name)
        api.check(getattr(module, "EXTENSION_API_VERSION", api.UNDECLARED), d["name"])
        target = module
        for part in filter(None, point.get("attr", "").split(".")):
            target = getattr(target, part)
        api.check(getattr(target, "EXTENSION_API_VERSION", api.UNDECLARED), d["name"])
        taken = odpm.entry_point(point["group"], target)
        for runner in taken:
            message = "the hook runner %s of %s is left out: there is one of this name already" % (runner, owner.source)
            self.notices.append({"severity": "warning", "code": self.codes["registers"], "message": message, "source": owner.source, "extension": owner.name, "fix": "give one of them another name"})
        if not taken and not registry.count() and name not in self.registered:
            finish(module, d["name"])
            if not registry.count():
                raise Empty("the entry point %s of %s gives nothing for %s" % (point["name"], owner.source, point["group"]))
            self.registered.add(name)

    # Packages.

    def package(self, p):
        sys.path[:0] = p["paths"]
        owner = Owner(self.config["name"], p["entry"] + ".py", lambda path: inner(path, p["paths"]))
        owner.roots = list(p["paths"])
        self.attempt(owner, lambda: self.entry(p["entry"], owner))

    def entry(self, name, owner):
        module = import_module(name)
        universal = sys.modules.get("universal_extension")
        if universal is not None:
            from . import universal as adapter

            adapter.register(module, universal, owner.name)
        finish(module, owner.name)
        if not registry.count():
            raise Empty("%s registers nothing" % owner.source)


def finish(module, name):
    """Judges the version that a loaded module asks for, and lets it register when
    the import did not.
    """
    api.check(getattr(module, "EXTENSION_API_VERSION", api.UNDECLARED), name)
    register = getattr(module, "_register", None)
    if callable(register) and not registry.count():
        register()


def import_module(name):
    __import__(name)
    return sys.modules[name]


def locate(name):
    """Directory or file of a package's code, without running any of it."""
    for finder in sys.meta_path:
        spec = finder.find_spec(name, None)
        if spec is not None:
            found = spec.submodule_search_locations or [spec.origin or ""]
            return [os.path.abspath(path) for path in found if path]
    return []


def inner(path, paths):
    for root in paths:
        if faults.inside(path, [root]):
            return os.path.relpath(path, root).replace(os.sep, "/")
    return path


def declared(owner):
    """The line in which the owner's file says its version."""
    for path in owner.roots:
        path = os.path.join(path, owner.name + ".py")
        try:
            with open(path, encoding="utf-8", errors="replace") as f:
                for number, line in enumerate(f, 1):
                    if line.startswith("EXTENSION_API_VERSION"):
                        return number
        except OSError:
            pass
    return 0


class LocalFinder:
    """Lets plugins import each other by their plain names, as one module each."""

    def __init__(self, loader):
        self.loader, self.busy = loader, False

    def find_spec(self, name, path=None, target=None):
        if self.busy or name not in self.loader.modules:
            return None
        self.busy = True
        try:
            for finder in sys.meta_path:
                spec = finder.find_spec(name, path, target)
                if spec is not None and spec.origin != self.loader.modules[name]["path"]:
                    return None  # a library of this name comes first
        finally:
            self.busy = False
        module = self.loader.local(name)
        if module is None:
            raise ImportError("the plugin %s cannot be loaded" % self.loader.modules[name]["source"])
        return type(sys.__spec__)(name, Loaded(module))


class Loaded:
    def __init__(self, module):
        self.module = module

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        pass
