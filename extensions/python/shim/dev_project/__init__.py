"""The part of odpm that plugins import, as devpm gives it to them.

It is no copy of odpm: it has the names that odpm's documentation of plugins has,
and its objects are views of what devpm knows about the project.
"""
