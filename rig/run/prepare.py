"""What a run needs before pytest: the product, and the twin, and the guard, which boot while pytest is imported."""

from rig.bench.guard.process import GuardProcess
from rig.errors import ConfigError, UsageError
from rig.product import Product, load_product
from rig.product.own_plan import with_plan
from rig.run.builtin_twin import BuiltinTwin
from rig.run.options import RunOptions


class Prepared:
    """A plug-in that brings what the command line has loaded and started already."""

    def __init__(self, product: Product, twin: BuiltinTwin | None, guard: GuardProcess | None = None) -> None:
        self.product = product
        self.twin = twin
        self.guard = guard


def product_of(options: RunOptions) -> Product:
    """Load the product with the pad fitted that was asked for.

    Raises ConfigError for a broken definition or a plan without a rule, UsageError for a pad that isn't the product's.
    """
    product = with_plan(load_product(options.product), options.plan, options.plan_path)
    if options.pad is None:
        return product
    try:
        product = product.with_pad(options.pad)
    except ConfigError as error:
        raise UsageError(f"--pad: {error}") from error
    plan = product.plans.get(options.plan)
    if plan is not None and options.pad not in plan.pads:
        raise UsageError(f"--pad {options.pad}: plan {options.plan} needs {' or '.join(plan.pads)} in the nest")
    return product


def twin_of(options: RunOptions) -> BuiltinTwin:
    """Start the twin that was asked for."""
    return BuiltinTwin(options.serial, options.seed, defects=options.defects, pad=options.pad, pace=options.pace)
