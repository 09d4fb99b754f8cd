"""The Mini's plan is run by the rig, not by pytest alone."""

collect_ignore = ["mini_plan"]
