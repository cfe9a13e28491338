"""A plugin as odpm has them. It runs in odpm and in devpm."""

from dev_project.extensions import ExtensionHostContext, register_compose_fragment
from dev_project.extensions.reference.mailpit import MAILPIT_SERVICE_SPEC

EXTENSION_API_VERSION = "1.1"


class MailpitFragment:
    name = "mailpit"

    def compose_services(self, ctx: ExtensionHostContext) -> dict:
        return {"mailpit": dict(MAILPIT_SERVICE_SPEC)}

    def compose_service_patches(self, ctx: ExtensionHostContext) -> dict:
        return {"web": {"environment": {"SMTP_HOST": "mailpit"}}}


def _register():
    register_compose_fragment("mailpit", MailpitFragment())
