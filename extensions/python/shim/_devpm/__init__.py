"""devpm's side of a Python extension: streams, registrations, the protocol.

Nothing in here is for authors; they import devpm_extension, dev_project or
universal_extension.
"""
