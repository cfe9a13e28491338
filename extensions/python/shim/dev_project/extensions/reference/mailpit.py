"""A mail server for tests, with its inbox on port 8025."""

MAILPIT_SERVICE_NAME = "mailpit"

MAILPIT_SERVICE_SPEC = {
    "image": "axllent/mailpit",
    "restart": "unless-stopped",
    "ports": ["8025:8025", "1025:1025"],
}
