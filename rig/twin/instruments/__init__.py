"""The bench instruments, simulated: their real command sets, errors, ranges, noise and timing."""
