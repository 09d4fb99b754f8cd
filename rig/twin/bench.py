"""The bill of materials of the simulated bench: which instrument plays which role, on which terminals."""

from collections.abc import Mapping

from rig.twin.instruments.battery_2281s import Battery2281S
from rig.twin.instruments.charger_e36312a import ChargerE36312A
from rig.twin.instruments.daq6510 import DAQ6510
from rig.twin.instruments.dmm6500 import DMM6500
from rig.twin.instruments.k8090 import K8090
from rig.twin.instruments.mt_sics import MtSics
from rig.twin.instruments.terminals import TriggerLine
from rig.twin.kernel import Kernel
from rig.twin.links import Instrument
from rig.twin.noise import Noise
from rig.twin.signals import Signal, Steady
from rig.twin.wiring import Nest

UNCALIBRATED_GAIN = 0.04  # `meter_uncalibrated`: what the current meter reads too much


def simulated_bench(kernel: Kernel, nest: Nest, seed: int, defects: Mapping[str, float]) -> dict[str, Instrument]:
    """All instruments by role, wired to the nest."""
    cable = TriggerLine()  # vibration meter's EXT OUT to the current meter's EXT IN
    nothing: Signal = Steady(lambda: 0.0)

    def noise(role: str) -> Noise:
        return Noise(seed, "instrument", role)

    return {
        "vibration": DMM6500(
            kernel,
            noise("vibration"),
            model_serial="SIM00001",
            volts=nest.vibration_volts,
            amperes=nothing,
            trigger_in=None,
            trigger_out=cable,
        ),
        "current": DMM6500(
            kernel,
            noise("current"),
            model_serial="SIM00002",
            volts=lambda _channel: nothing,
            amperes=nest.meter_amperes,
            trigger_in=cable,
            trigger_out=None,
            gain_error=UNCALIBRATED_GAIN * defects.get("meter_uncalibrated", 0.0),
        ),
        "temperature": DAQ6510(kernel, noise("temperature"), celsius=nest.celsius, volts=nest.logger_volts),
        "battery": Battery2281S(kernel, noise("battery"), output=nest.battery),
        "charger": ChargerE36312A(kernel, noise("charger"), outputs=(nest.charger, *nest.spare_outputs)),
        "fault_box": K8090(kernel, changed=nest.fault_relay),
        "power_box": K8090(kernel, changed=nest.power_relay),
        "scale": MtSics(kernel, noise("scale"), grams=nest.grams, vibrating=lambda: nest.unit.vibrating),
    }
