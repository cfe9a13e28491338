"""A mail catcher: a service that takes all mail, a patch that sends the services of
the project there, a step that keeps mail out of version control, and a hook that
says where to read it.
"""

import os

from devpm_extension import Extension, noop, run

extension = Extension("mail")

DIRECTORY = ".mail"


@extension.fragment("mail")
def services(ctx):
    return {
        "mail": {
            "image": "axllent/mailpit:v1.21",
            "ports": ["8025:8025"],
            "environment": {"MP_DATABASE": "/data/mail.db"},
            "volumes": ["./%s:/data" % DIRECTORY],
        }
    }


@extension.patches("mail")
def patches(ctx):
    settings = {"SMTP_HOST": "mail", "SMTP_PORT": "1025"}
    return {name: {"environment": settings} for name in ctx.services if name != "mail"}


def ignore_file(ctx):
    return os.path.join(ctx.project_dir, DIRECTORY, ".gitignore")


@extension.step("mail.directory", "Keep mail out of version control")
def evaluate(ctx):
    if os.path.exists(ignore_file(ctx)):
        return noop("%s is there" % DIRECTORY)
    return run("%s is missing" % DIRECTORY)


@evaluate.execute
def execute(ctx):
    os.makedirs(os.path.dirname(ignore_file(ctx)), exist_ok=True)
    with open(ignore_file(ctx), "w") as file:
        file.write("*\n")


@extension.hook("mail.address", phases=["post_up"])
def address(ctx, phase):
    print("mail of this project: http://localhost:8025")
