"""Registering the parts of a plugin while it is imported. A name that is taken is
a ValueError that names both plugins.
"""

from _devpm import odpm
from _devpm.registry import registry

from .specs import hookimpl, hookspec

__all__ = [
    "get_compose_fragment", "get_hook_runner", "hookimpl", "hookspec", "register_compose_fragment",
    "register_hook_runner", "register_prepare_step", "register_secrets_provider",
]


def register_prepare_step(plugin, *, order=None):
    """Adds a step: an object with id, description, order, evaluate(ctx), execute(ctx)."""
    odpm.add_step(plugin, order)


def register_compose_fragment(name, plugin):
    """Adds services and patches: an object with compose_services(ctx) and, since API
    1.1, compose_service_patches(ctx) or a dict of that name.
    """
    odpm.add_fragment(name, plugin)


def register_hook_runner(name, runner):
    """Adds a runner for the id that the manifest's hooks name: an object with
    run_post_clone(ctx), run_post_prepare(ctx), run_pre_up(ctx).
    """
    odpm.add_runner(name, runner)


def register_secrets_provider(provider):
    """Adds a source of secrets: an object with name and fetch()."""
    odpm.add_provider(provider)


def get_compose_fragment(name):
    row = registry.get("compose_fragment", name) or registry.get("compose_patch", name)
    return row.target if row else None


def get_hook_runner(name):
    row = registry.get("hook", name)
    return row.target if row else None
