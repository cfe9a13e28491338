"""Plugins in odpm's form as registrations: prepare steps, compose fragments, hook
runners, secrets providers (spec odpm §12).
"""

from . import current, faults
from .frozen import freeze
from .registry import registry

PHASES = ("post_clone", "post_prepare", "pre_up", "post_up", "pre_down", "post_down")
OUTCOMES = ("run", "update", "noop", "skip")


def host_context():
    from dev_project.extensions.context import ExtensionHostContext

    return ExtensionHostContext.of_project()


def prepare_context():
    from dev_project.prepare.types import PrepareContext

    return PrepareContext.of_project()


def needs(what, target, names):
    for name in names:
        if not callable(getattr(target, name, None)):
            raise faults.BadAnswer("%s has no method %s(ctx)" % (what, name))


# Prepare steps.


def add_step(plugin, order=None):
    plugin = plugin() if isinstance(plugin, type) else plugin
    name = getattr(plugin, "id", None)
    needs("the prepare step %r" % (name,), plugin, ("evaluate", "execute"))
    order = getattr(plugin, "order", 1000) if order is None else order
    if not isinstance(order, int) or isinstance(order, bool):
        raise faults.BadAnswer("the order of the prepare step %r is a whole number, not %r" % (name, order))

    def evaluate(params):
        return evaluation(plugin.evaluate(prepare_context()), "evaluate() of the step %s" % name)

    def execute(params):
        plugin.execute(prepare_context())
        return {}

    calls = {"prepare.evaluate": evaluate, "prepare.execute": execute}
    registry.add("prepare_step", name, calls, target=plugin, description=str(getattr(plugin, "description", "")), order=order)


def evaluation(step, what):
    """A PlanStep, or a dict of its values, as the protocol has it."""
    if isinstance(step, dict):
        get = step.get
    elif hasattr(step, "outcome"):
        get = lambda name, default=None: getattr(step, name, default)  # noqa: E731
    else:
        raise faults.BadAnswer("%s returned %s, not a step: use make_plan_step()" % (what, kind_of(step)))
    outcome = get("outcome")
    outcome = getattr(outcome, "value", outcome)  # of an enumeration
    if outcome not in OUTCOMES:
        raise faults.BadAnswer("%s has the outcome %r; outcomes are %s" % (what, outcome, ", ".join(OUTCOMES)))
    out = {"outcome": outcome, "required": bool(get("required", False)), "reason": str(get("reason") or "")}
    if get("cause"):
        out["cause"] = get("cause")
    return out


# Compose fragments.


def add_fragment(name, plugin):
    plugin = plugin() if isinstance(plugin, type) else plugin
    services = getattr(plugin, "compose_services", None)
    patches = getattr(plugin, "compose_service_patches", None)
    if services is None and patches is None:
        raise faults.BadAnswer("the compose fragment %r has no method compose_services(ctx)" % (name,))
    for kind in ("compose_fragment", "compose_patch"):  # to plugins, both are one fragment
        if registry.loading and registry.get(kind, name) is not None:
            registry.refuse_taken(kind, name)
    if services is not None:
        calls = {"compose.services": answer(plugin, "compose_services", name, "services")}
        registry.add("compose_fragment", name, calls, target=plugin)
    if patches is not None:
        calls = {"compose.patches": answer(plugin, "compose_service_patches", name, "service_patches")}
        registry.add("compose_patch", name, calls, target=plugin)


def answer(plugin, attribute, name, member):
    def call(params):
        value = getattr(plugin, attribute)
        what = "%s of the fragment %s" % (attribute, name)
        if callable(value):
            value, what = value(host_context()), "%s() of the fragment %s" % (attribute, name)
        if not isinstance(value, dict) and not hasattr(value, "keys"):
            raise faults.BadAnswer("%s is %s, not a dict" % (what, kind_of(value)))
        return {member: value}

    return call


# Hook runners.


def add_runner(name, runner):
    runner = runner() if isinstance(runner, type) else runner
    phases = [phase for phase in PHASES if callable(getattr(runner, "run_" + phase, None))]
    if not phases:
        raise faults.BadAnswer("the hook runner %r has no method run_post_clone(ctx) or of another phase" % (name,))

    def run(params):
        phase = params.get("phase")
        method = getattr(runner, "run_%s" % phase, None)
        if not callable(method):
            raise faults.BadAnswer("the hook runner %s has no run_%s(ctx); it has %s" % (name, phase, ", ".join("run_" + p for p in phases)))
        method(host_context())
        return {}

    registry.add("hook", name, {"hooks.run": run}, target=runner, phases=phases)


# Secrets providers.


def add_provider(provider):
    provider = provider() if isinstance(provider, type) else provider
    name = getattr(provider, "name", None)
    if not callable(getattr(provider, "fetch", None)):
        raise faults.BadAnswer("the secrets provider %r has no method fetch()" % (name,))

    def fetch(params):
        keys = list(params.get("keys") or ())
        block = current.project.get("manifest") or {}
        settings = dict((block.get("secrets") or {}).get("provider") or {})
        settings.setdefault("type", name)
        settings["keys"] = keys
        ctx = host_context()
        known = {
            "provider_config": freeze(settings), "credentials": ctx.environment, "project_dir": ctx.project_dir,
            "ctx": ctx, "context": ctx, "keys": keys,
        }
        return {"secrets": secrets(call_by_name(provider.fetch, known), name, keys)}

    registry.add("secrets_provider", name, {"secrets.fetch": fetch}, target=provider)


def secrets(found, name, keys):
    if not isinstance(found, dict):
        raise faults.BadAnswer("fetch() of the secrets provider %s returned %s, not a dict" % (name, kind_of(found)))
    for key, value in found.items():
        if not isinstance(value, str):
            raise faults.BadAnswer("fetch() of the secrets provider %s has no text for %s but %s" % (name, key, kind_of(value)))
    return {key: value for key, value in found.items() if not keys or key in keys}


def call_by_name(function, known):
    """Calls a function with those of the known values that it has parameters for."""
    import inspect

    parameters = inspect.signature(function).parameters.values()
    if any(p.kind == p.VAR_KEYWORD for p in parameters):
        return function(**known)
    given, unnamed = {}, [known["ctx"], known["keys"]]
    positional = []
    for p in parameters:
        if p.name in known and p.kind != p.POSITIONAL_ONLY:
            given[p.name] = known[p.name]
        elif p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and unnamed and not given:
            positional.append(unnamed.pop(0))
        elif p.default is p.empty and p.kind != p.VAR_POSITIONAL:
            raise faults.BadAnswer("fetch() asks for %r, which devpm does not have; it has %s" % (p.name, ", ".join(sorted(known))))
    return function(*positional, **given)


# Entry points.

GROUPS = {
    "odpm.prepare_steps": ("odpm_prepare_steps", ("id", "evaluate", "execute")),
    "odpm.hooks": ("odpm_hook_runners", ("name",)),
    "odpm.secrets_providers": ("", ("name", "fetch")),
}


def entry_point(group, target):
    """Registers what an entry point stands for: an object, a class, a function that
    returns one or several, or a plugin with odpm's hook. Returns the names of hook
    runners that were there already, of which the first counts.
    """
    hook, marks = GROUPS[group]
    taken = []
    for item in items(target, hook, marks, 0):
        if group == "odpm.prepare_steps":
            add_step(item)
        elif group == "odpm.hooks":
            name = str(getattr(item, "name", "")).strip()
            if registry.get("hook", name) is None:
                add_runner(name, item)
            else:
                taken.append(name)
        else:
            add_provider(item)
    return taken


def items(target, hook, marks, depth):
    if target is None or depth > 5:
        return []
    if isinstance(target, (list, tuple)):
        return [item for part in target for item in items(part, hook, marks, depth + 1)]
    if isinstance(target, type):
        return items(target(), hook, marks, depth + 1)
    if hook and callable(getattr(target, hook, None)):
        return items(getattr(target, hook)(), hook, marks, depth + 1)
    if isinstance(target, type(faults)):
        return []  # a module: it registers when it is imported
    if all(hasattr(target, mark) for mark in marks):
        return [target]
    if callable(target):
        return items(target(), hook, marks, depth + 1)
    raise faults.BadAnswer("it gives %s, which has no %s" % (kind_of(target), " and ".join(m for m in marks if not hasattr(target, m))))


def kind_of(value):
    if value is None:
        return "nothing"
    name = type(value).__name__
    return ("an " if name[0] in "aeiou" else "a ") + name
