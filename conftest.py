"""Names the plug-ins, nothing else."""

pytest_plugins = [
    "fixtures.cool",
    "fixtures.label",
    "fixtures.bench",
    "fixtures.environment",
    "fixtures.power",
    "fixtures.unit",
    "fixtures.sensors",
    "fixtures.vibration",
    "fixtures.heat",
    "fixtures.motor",
    "fixtures.fault_box",
    "fixtures.lock",
    "fixtures.keys",
    "fixtures.charging",
    "fixtures.calibration",
    "fixtures.soak",
    "fixtures.pads",
    "fixtures.hand_arm",
    "fixtures.program",
    "fixtures.measure",
]
