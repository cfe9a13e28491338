"""Marks of methods that are asked for by name."""


def dynamic_choice_command(field):
    """The method gives the choices of a field."""

    def decorate(function):
        function.devpm_choice = field
        return function

    return decorate


def dynamic_command(name):
    """The method is a command of the task's instance."""

    def decorate(function):
        function.devpm_command = name
        return function

    return decorate
