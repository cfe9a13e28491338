"""odpm's extension API (spec odpm §12)."""

from .api import EXTENSION_API_VERSION, SUPPORTED_EXTENSION_API_VERSIONS, assert_extension_api_compatible
from .context import ExtensionHostContext
from .protocols import ComposeFragmentPlugin, HookRunner, PrepareStepFactory, PrepareStepPlugin
from .registry import (
    get_compose_fragment,
    get_hook_runner,
    register_compose_fragment,
    register_hook_runner,
    register_prepare_step,
    register_secrets_provider,
)
from .specs import hookimpl, hookspec

__all__ = [
    "EXTENSION_API_VERSION", "SUPPORTED_EXTENSION_API_VERSIONS", "assert_extension_api_compatible",
    "ComposeFragmentPlugin", "ExtensionHostContext", "HookRunner", "PrepareStepFactory", "PrepareStepPlugin",
    "get_compose_fragment", "get_hook_runner", "hookimpl", "hookspec",
    "register_compose_fragment", "register_hook_runner", "register_prepare_step", "register_secrets_provider",
]
