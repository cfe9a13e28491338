"""Extensions of devpm in Python.

    from devpm_extension import Extension

    extension = Extension("mailpit")

    @extension.fragment("mailpit")
    def services(ctx):
        return {"mailpit": {"image": "axllent/mailpit"}}

Each decorator adds one part. Functions whose names devpm gives here as evaluate,
services, patches, stack and check run while devpm plans: there they may read files
and nothing else. The others run when the plan is carried out. What a function
returns is data that JSON can hold; what it raises is shown to the user with file
and line. print() writes log lines.
"""

from _devpm import current
from _devpm import odpm as _odpm
from _devpm.faults import BadAnswer, Failure
from _devpm.frozen import Record, freeze
from _devpm.registry import registry

__all__ = ["ConfigError", "Context", "Extension", "Failure", "change", "error", "noop", "run", "skip", "update", "warning"]


def __getattr__(name):  # loaded when it is asked for
    if name == "ConfigError":
        from dev_project.errors import ConfigError

        return ConfigError
    raise AttributeError("devpm_extension has no %s" % name)


# What a step would do, and because of which changes.


def run(reason="", *changes, required=True):
    """The step has work that it does each time."""
    return _outcome("run", required, reason, changes)


def update(reason="", *changes, required=True):
    """The step has something to bring up to date."""
    return _outcome("update", required, reason, changes)


def noop(reason="", *, required=True):
    """There is nothing to do."""
    return _outcome("noop", required, reason, ())


def skip(reason="", *, required=False):
    """The step is not for this project or scenario."""
    return _outcome("skip", required, reason, ())


def change(key, old=None, new=None):
    """What changed, as texts; None for what was or is not there."""
    return {name: str(value) for name, value in (("key", key), ("old", old), ("new", new)) if value is not None}


def _outcome(outcome, required, reason, changes):
    return {"outcome": outcome, "required": required, "reason": reason, "cause": list(changes)}


# What a policy finds. The path is a value's in the document: "services.web.image".


def error(path, message, fix=""):
    """What must not be; `up` stops."""
    return {"severity": "error", "path": path, "message": message, "fix": fix}


def warning(path, message, fix=""):
    """What should not be."""
    return {"severity": "warning", "path": path, "message": message, "fix": fix}


class Context(Record):
    """What an extension knows about the project. It cannot be changed; where a value
    holds a secret it says "<secret:KEY>".
    """

    _fields = (
        "project_dir", "project_name", "scenario", "stack", "manifest_schema", "requires_odpm",
        "manifest", "services", "service_patches", "hooks", "locks", "environment", "mode", "cache_dir",
    )

    @classmethod
    def _now(cls):
        p, nothing = current.project, freeze({})
        texts = {name: p.get(name) or "" for name in ("project_dir", "project_name", "scenario", "stack", "requires_odpm")}
        objects = {name: p.get(name) or nothing for name in ("manifest", "services", "service_patches", "hooks", "locks", "environment")}
        return cls(manifest_schema=p.get("manifest_schema"), mode=current.mode, cache_dir=current.cache_dir, **texts, **objects)

    def log(self, message, level="info"):
        """Writes a log line; levels are debug, info, warning, error."""
        current.wire.log(level, str(message))

    def progress(self, message="", percent=None):
        """Says how far the work is; percent is 0 to 100."""
        params = {"id": current.request, "message": str(message)}
        if percent is not None:
            params["percent"] = min(100, max(0, float(percent)))
        current.wire.notify("progress", params)


class Extension:
    """Collects the parts of one extension."""

    def __init__(self, name=None, version=None):
        # devpm goes by extension.yml; what is said here counts where that says nothing.
        self.name = current.name or name
        self.version = current.version = current.version or version or ""

    def step(self, id, description="", order=1000):
        """A prepare step. The function is its evaluate(ctx): it returns run(), update(),
        noop() or skip(), and has the decorator `execute` for what to do then.
        """

        def decorate(evaluate):
            def answer(params):
                return _odpm.evaluation(evaluate(Context._now()), "%s() of the step %s" % (evaluate.__name__, id))

            def nothing(params):
                raise BadAnswer("the step %s has no execute(ctx)" % id)

            calls = {"prepare.evaluate": answer, "prepare.execute": nothing}
            registry.add("prepare_step", id, calls, description=description, order=order)

            def execute(function):
                def do(params):
                    function(Context._now())
                    return {}

                calls["prepare.execute"] = do
                return function

            evaluate.execute = execute
            return evaluate

        return decorate

    def fragment(self, name):
        """Services: the function of ctx returns a dict of them by name."""
        return self._add("compose_fragment", name, "compose.services", lambda f, p: {"services": _dict(f, f(Context._now()))})

    def patches(self, name):
        """Patches: the function of ctx returns a dict of patches by service."""
        return self._add("compose_patch", name, "compose.patches", lambda f, p: {"service_patches": _dict(f, f(Context._now()))})

    def hook(self, id, phases=None):
        """A hook runner: a function of ctx and phase. Without phases, it is for all."""

        def call(function, params):
            function(Context._now(), params.get("phase"))
            return {}

        return self._add("hook", id, "hooks.run", call, phases=list(phases) if phases else None)

    def secrets(self, name):
        """A secrets provider: a function of ctx and keys returns a dict of texts."""

        def call(function, params):
            keys = list(params.get("keys") or ())
            return {"secrets": _odpm.secrets(function(Context._now(), keys), name, keys)}

        return self._add("secrets_provider", name, "secrets.fetch", call)

    def stack(self, name):
        """A stack: a function of ctx returns a dict with services and, where wanted,
        volumes, networks and configs.
        """
        return self._add("stack", name, "stack.get", lambda f, p: _dict(f, f(Context._now())))

    def policy(self, name):
        """A policy: a function of ctx and document returns a list of error() and warning()."""

        def call(function, params):
            found = function(Context._now(), freeze(params.get("document")))
            if found is not None and not isinstance(found, (list, tuple)) and not hasattr(found, "__next__"):
                raise BadAnswer("%s() returned %s, not a list" % (function.__name__, _odpm.kind_of(found)))
            return {"findings": list(found or ())}

        return self._add("policy", name, "policy.check", call)

    def command(self, name, description=""):
        """A command: a function of ctx, args and fields returns an exit code, a message, a
        dict of exit_code, message and output, or nothing.
        """

        def call(function, params):
            found = function(Context._now(), list(params.get("args") or ()), dict(params.get("fields") or {}))
            if isinstance(found, bool):  # True would be the exit code 1
                raise BadAnswer("%s() returned %s, not an exit code, a message or a dict" % (function.__name__, found))
            if found is None or isinstance(found, int):
                return {"exit_code": int(found or 0)}
            if isinstance(found, str):
                return {"exit_code": 0, "message": found}
            found = _dict(function, found)
            return {"exit_code": int(found.get("exit_code", 0)), "message": str(found.get("message", "")), "output": found.get("output")}

        return self._add("command", name, "command.run", call, description=description)

    def _add(self, kind, name, method, call, **more):
        def decorate(function):
            registry.add(kind, name, {method: lambda params: call(function, params)}, **more)
            return function

        return decorate


def _dict(function, value):
    if not isinstance(value, dict):
        raise BadAnswer("%s() returned %s, not a dict" % (function.__name__, _odpm.kind_of(value)))
    return value
