"""Versions of the extension API."""

from _devpm import api

EXTENSION_API_VERSION = api.VERSION
SUPPORTED_EXTENSION_API_VERSIONS = frozenset(api.SUPPORTED)


def assert_extension_api_compatible(requested_version, *, plugin_id=""):
    """Raises dev_project.errors.ConfigError for a version that is not supported."""
    api.check(requested_version, plugin_id)
