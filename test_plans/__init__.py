"""test_plans."""
