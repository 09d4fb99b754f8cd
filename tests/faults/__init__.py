"""Faults on the wires between drivers and what they drive."""
