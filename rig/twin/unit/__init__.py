"""The simulated VS-1: physics, firmware, production spread and defects of the reference device."""
