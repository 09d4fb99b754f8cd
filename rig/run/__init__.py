"""A plan's run on one unit: the pytest plug-in, its manifest, its judgement, its progress."""
