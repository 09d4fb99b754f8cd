"""What the simulated unit's microcontroller does: states, cut-offs, control loops, test mode."""
