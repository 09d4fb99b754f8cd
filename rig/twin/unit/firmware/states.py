"""The states of the device (vs1.md section 3)."""

from enum import StrEnum


class State(StrEnum):
    """As STAT? names them."""

    OFF = "OFF"
    BOOT = "BOOT"
    IDLE = "IDLE"
    MASSAGE = "MASSAGE"
    HEAT = "HEAT"
    MASSAGE_HEAT = "MASSAGE_HEAT"
    COOLDOWN = "COOLDOWN"
    CHARGING = "CHARGING"
    LOWBATT = "LOWBATT"
    FAULT = "FAULT"
