"""The measure and digitize functions of the Keithley graphical meters: headers, ranges, errors, settings.

Source: DMM6500 reference manual and data sheet. Noise, zero and resolution are of the data sheet's order,
not its letter. Mains are 50 Hz. Unverified (?): what APERture? answers while it is automatic (a number here).
"""

from dataclasses import dataclass
from typing import Final

from rig.twin.instruments.parameters import Boolean, Choice, Integer, Number, Parameter

MAINS_HZ: Final = 50.0
LONGEST_NPLC: Final = 12.0
_VOLTS = (0.1, 1.0, 10.0, 100.0, 1000.0)
_FARADS = tuple(10.0**power for power in range(-9, -2))
_AMPERES = (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 3.0)


@dataclass(frozen=True)
class Function:
    """A measure function. Noise and zero are ppm of range at one power line cycle, one per range."""

    name: str
    header: str
    unit: str
    quantity: str = ""  # which terminals it reads: volts, amperes, celsius; none of them reads open
    alternating: bool = False
    ranges: tuple[float, ...] = ()
    noise_ppm: tuple[float, ...] = ()
    zero_ppm: tuple[float, ...] = ()
    integrates: bool = True  # has NPLC, aperture and autozero
    default_range: float | None = None


MEASURE: Final = (
    Function(
        "VOLT:DC", "VOLTage[:DC]", "Volt DC", "volts", ranges=_VOLTS,
        noise_ppm=(3.0, 0.5, 0.3, 0.8, 0.5), zero_ppm=(35.0, 6.0, 5.0, 6.0, 6.0), default_range=1000.0,
    ),
    Function(
        "CURR:DC", "CURRent[:DC]", "Amp DC", "amperes", ranges=_AMPERES,
        noise_ppm=(5.0, 3.0, 2.0, 2.0, 2.0, 5.0, 5.0),
        zero_ppm=(200.0, 100.0, 60.0, 60.0, 60.0, 100.0, 100.0),
        default_range=1e-3,
    ),
    Function("VOLT:AC", "VOLTage:AC", "Volt AC", "volts", True, (*_VOLTS[:4], 750.0), integrates=False),
    Function("CURR:AC", "CURRent:AC", "Amp AC", "amperes", True, _AMPERES[1:], integrates=False),
    Function("RES", "RESistance", "Ohm", ranges=tuple(10.0**power for power in range(1, 9))),
    Function("FRES", "FRESistance", "Ohm", ranges=tuple(10.0**power for power in range(9))),
    Function("DIOD", "DIODe", "Volt DC"),
    Function("CAP", "CAPacitance", "Farad", ranges=_FARADS, integrates=False),
    Function("TEMP", "TEMPerature", "Celsius", "celsius"),
    Function("CONT", "CONTinuity", "Ohm", integrates=False),
    Function("FREQ:VOLT", "FREQuency[:VOLTage]", "Hertz", "volts", True, integrates=False),
    Function("PER:VOLT", "PERiod[:VOLTage]", "Second", "volts", True, integrates=False),
    Function("VOLT:DC:RAT", "VOLTage[:DC]:RATio", "Ratio", ranges=_VOLTS),
)  # fmt: skip
DIGITIZE: Final = (
    Function(
        "VOLT", "DIGitize:VOLTage", "Volt DC", "volts", ranges=_VOLTS, integrates=False, default_range=10.0,
    ),
    Function(
        "CURR", "DIGitize:CURRent", "Amp DC", "amperes",
        ranges=_AMPERES[1:], integrates=False, default_range=1e-3,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """One setting of a function, as declared in the manual: header and parameter; its default."""

    header: str
    parameter: Parameter
    default: object


RANGE: Final = "RANGe[:UPPer]"
AUTO_RANGE: Final = "RANGe:AUTO"
NPLC: Final = "NPLCycles"
APERTURE: Final = "APERture"
AUTO_ZERO: Final = "AZERo[:STATe]"
AVERAGE: Final = "AVERage[:STATe]"
AVERAGE_COUNT: Final = "AVERage:COUNt"
RELATIVE: Final = "RELative[:LEVel]"
RELATIVE_ON: Final = "RELative:STATe"
SAMPLE_RATE: Final = "SRATe"
UNIT: Final = "UNIT"
BANDWIDTH: Final = "DETector:BANDwidth"
TRANSDUCER: Final = "TRANsducer"
THERMOCOUPLE: Final = "TCouple:TYPE"
OPEN_DETECTION: Final = "ODETector"
REFERENCE_SELECT: Final = "TCouple:RJUNction:RSELect"
REFERENCE_CELSIUS: Final = "TCouple:RJUNction:SIMulated"


def settings_of(function: Function) -> list[Setting]:
    """List what can be set for a function."""
    settings = [
        Setting(RELATIVE, Number(-1e9, 1e9, 0.0), 0.0),
        Setting(RELATIVE_ON, Boolean(), False),
    ]
    if function in DIGITIZE:
        settings += [
            Setting(SAMPLE_RATE, Integer(1000, 1_000_000, 100_000, "HZ"), 100_000),
            Setting("INPutimpedance", Choice("AUTO", "MOHM10"), "MOHM10"),
        ]
    else:
        settings += [
            Setting(AVERAGE, Boolean(), False),
            Setting(AVERAGE_COUNT, Integer(1, 100, 10), 10),
            Setting("AVERage:TCONtrol", Choice("REPeat", "MOVing", "HYBRid"), "REP"),
            Setting("DELay:AUTO", Boolean(), True),
        ]
    if function.ranges:
        default = function.default_range or function.ranges[-1]
        limits = Number(0.0, function.ranges[-1], default)
        settings.append(Setting(RANGE, limits, default))
        if function not in DIGITIZE:
            settings.append(Setting(AUTO_RANGE, Boolean(), True))
    if function.integrates:
        settings += [
            Setting(NPLC, Number(0.0005, LONGEST_NPLC, 1.0), 1.0),
            Setting(AUTO_ZERO, Boolean(), True),
            Setting("LINE:SYNC", Boolean(), False),
            Setting("INPutimpedance", Choice("AUTO", "MOHM10"), "MOHM10"),
        ]
    return settings + _SPECIAL.get(function.name if function in MEASURE else "", [])


_SPECIAL: Final[dict[str, list[Setting]]] = {
    "VOLT:AC": [Setting(BANDWIDTH, Number(3.0, 300.0, 3.0, "HZ"), 3.0)],
    "CURR:AC": [Setting(BANDWIDTH, Number(3.0, 300.0, 3.0, "HZ"), 3.0)],
    "RES": [Setting("OCOMpensated", Choice("ON", "OFF", "AUTO"), "OFF")],
    "FRES": [
        Setting("OCOMpensated", Choice("ON", "OFF", "AUTO"), "OFF"),
        Setting(OPEN_DETECTION, Boolean(), True),
    ],
    "DIOD": [Setting("BIAS:LEVel", Number(1e-5, 1e-2, 1e-3, "A"), 1e-3)],
    "FREQ:VOLT": [
        Setting(APERTURE, Number(2e-3, 0.273, 0.2, "S"), 0.2),
        Setting("THReshold:RANGe[:UPPer]", Number(0.1, 750.0, 10.0, "V"), 10.0),
        Setting("THReshold:RANGe:AUTO", Boolean(), True),
    ],
    "PER:VOLT": [
        Setting(APERTURE, Number(2e-3, 0.273, 0.2, "S"), 0.2),
        Setting("THReshold:RANGe[:UPPer]", Number(0.1, 750.0, 10.0, "V"), 10.0),
        Setting("THReshold:RANGe:AUTO", Boolean(), True),
    ],
    "TEMP": [
        Setting(UNIT, Choice("CELSius", "FAHRenheit", "KELVin"), "CELS"),
        Setting(TRANSDUCER, Choice("TCouple", "TC", "THERmistor", "TRTD", "FRTD", "CJC2001"), "TC"),
        Setting(THERMOCOUPLE, Choice("J", "K", "T", "E", "R", "S", "B", "N"), "K"),
        Setting(REFERENCE_SELECT, Choice("INTernal", "EXTernal", "SIMulated", "REFerence"), "SIM"),
        Setting(REFERENCE_CELSIUS, Number(0.0, 65.0, 23.0), 23.0),
        Setting(OPEN_DETECTION, Boolean(), True),
    ],
}
