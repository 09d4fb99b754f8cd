"""The product definition: what the device is and must do, as typed models over TOML files."""

from rig.product.loader import load_product
from rig.product.product import Product

__all__ = ["Product", "load_product"]
