"""What the parts of a plugin have, for annotations. A plugin need not derive from
these: what counts is that the methods are there.
"""


class PrepareStepPlugin:
    """A prepare step: id, description, order, evaluate(ctx) and execute(ctx)."""

    order = 1000


class ComposeFragmentPlugin:
    """A compose fragment: name, compose_services(ctx) and, since API 1.1,
    compose_service_patches(ctx).
    """


class HookRunner:
    """A hook runner: name and run_post_clone(ctx), run_post_prepare(ctx), run_pre_up(ctx)."""


PrepareStepFactory = type(lambda: None)  # a function that returns steps
