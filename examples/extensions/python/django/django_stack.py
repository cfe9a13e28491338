"""A stack for Django, and a provider that makes the secret key of a project on first
use and keeps it in the extension's own directory, which all projects share.
"""

import hashlib
import os
import secrets

from devpm_extension import Extension, Failure

extension = Extension("django")


@extension.stack("django")
def stack(ctx):
    return {
        "services": {
            "web": {
                "image": "python:3.12-slim",
                "command": ["python", "manage.py", "runserver", "0.0.0.0:8000"],
                "working_dir": "/app",
                "volumes": [".:/app"],
                "ports": ["8000:8000"],
                "depends_on": ["database"],
            },
            "database": {
                "image": "postgres:17",
                "environment": {"POSTGRES_DB": "app", "POSTGRES_HOST_AUTH_METHOD": "trust"},
                "volumes": ["database:/var/lib/postgresql/data"],
            },
        },
        "volumes": {"database": {}},
    }


@extension.secrets("django-key")
def fetch(ctx, keys):
    return {"SECRET_KEY": key(ctx)} if "SECRET_KEY" in keys else {}


def key(ctx):
    """The key of this project: the one that was made before, or a new one."""
    if not ctx.cache_dir:
        raise Failure("there is no directory to keep the key in")
    path = os.path.join(ctx.cache_dir, hashlib.sha256(ctx.project_dir.encode()).hexdigest()[:16] + ".key")
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        made = secrets.token_urlsafe(50)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(made)
        return made
