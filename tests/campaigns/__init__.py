"""Long tests, started by hand: `uv run python -m tests.campaigns NAME`."""
