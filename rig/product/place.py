"""Where product definitions are: those that come with the rig by name, any other by its directory."""

from pathlib import Path

from rig.errors import UsageError

PRODUCTS = Path(__file__).parent
BUILT_IN = PRODUCTS / "vs1"
FACTS = "product.toml"


def known_products() -> list[str]:
    """Name the products that come with the rig."""
    return sorted(path.parent.name for path in PRODUCTS.glob(f"*/{FACTS}"))


def find_product(asked: str) -> Path:
    """Return the directory of a product, by its name or its path; raises UsageError for anything else."""
    if asked in known_products():
        return PRODUCTS / asked
    directory = Path(asked).absolute()
    if not (directory / FACTS).is_file():
        known = ", ".join(known_products())
        raise UsageError(f"--product {asked!r}: neither a known product ({known}) nor a directory with {FACTS}")
    return directory
