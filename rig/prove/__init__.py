"""Virtual lots through real plans: what a plan catches, what escapes it, and which good units it fails."""
