"""Benchmarks: one command each, rivals side by side in one run."""
