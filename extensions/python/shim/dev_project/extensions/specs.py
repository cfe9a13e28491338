"""The marks of odpm's plugin manager. devpm calls hooks by their names and needs no
mark, so these leave a function as it is.
"""


def hookimpl(function=None, **options):
    return function if function is not None else lambda f: f


hookspec = hookimpl
