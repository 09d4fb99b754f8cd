"""The debug port's commands for everyday use: identity, readings, level, heat, programs, faults, log."""

from rig.twin.unit.eeprom import crc16
from rig.twin.unit.firmware.controller import Controller
from rig.twin.unit.firmware.request import Answer, Refusal, Value
from rig.twin.unit.firmware.sense import CHANNELS
from rig.twin.unit.nominal import HEATS, NOMINAL, PADS, PROGRAMS


def identity(unit: Controller) -> Answer:
    """ID?."""
    page = unit.memory.page
    return Answer(
        f"model=VS-1 sn={page['sn'] or 'NONE'} hw={page['hw']} fw={unit.truth.firmware} "
        f"build={unit.truth.build} boot={NOMINAL.bootloader}"
    )


def program_name(unit: Controller) -> str:
    """The program as STAT? shows it."""
    if unit.outputs.program is not None:
        return unit.outputs.program.name
    return "MANUAL" if unit.outputs.manual else "OFF"


def status(unit: Controller) -> Answer:
    """STAT?."""
    return Answer(
        f"state={unit.state} level={unit.outputs.level} heat={unit.outputs.heat} prog={program_name(unit)} "
        f"pad={unit.fitted} fault={unit.reactions.book.first} test={int(unit.test.unlocked)} "
        f"up_ms={int(unit.now_ms())} reset={unit.reason}"
    )


def readings(unit: Controller) -> str:
    """The fields of READ? and TELE, about 220 bytes."""
    sense = unit.sense
    motor = unit.motor_duty or 0.0
    heater = unit.heater_duty or 0.0
    celsius = " ".join(f"ntc{index}={value:.2f}" for index, value in enumerate(sense.celsius, 1))
    counts = " ".join(f"adc{index}={sense.counts[CHANNELS[index - 1]]:.0f}" for index in range(1, 5))
    mean = heater if heater > 0.0 else 1.0
    return (
        f"t_ms={int(unit.now_ms())} state={unit.state} lvl={unit.outputs.level} duty_m={motor:.3f} "
        f"rpm={unit.tach.rpm():.0f} i_m={sense.motor_amperes:.3f} duty_h={heater:.3f} "
        f"i_h={sense.heater_amperes * mean:.3f} {celsius} {counts} vbat={sense.volts:.3f} "
        f"pad={unit.fitted} fault={unit.reactions.book.first}"
    )


def read(unit: Controller) -> Answer:
    """READ?."""
    return Answer(readings(unit))


def level(unit: Controller, wanted: Value) -> Answer:
    """LVL <0..5>."""
    value = int(wanted)
    program = unit.outputs.program
    cap = unit.level_cap if program is None else min(unit.level_cap, program.type.high)
    if value > cap:
        raise Refusal("RANGE")
    if value and unit.reactions.blocking(heat=False):
        raise Refusal("FAULT")
    if program is not None or "M" in unit.outputs.drives:
        raise Refusal("STATE")
    if value and unit.inhibited:
        if not unit.truth.lockout_honest:
            unit.outputs.set_level(value)
        raise Refusal("STATE")
    if unit.outputs.coasting:
        raise Refusal("BUSY")
    unit.outputs.set_level(value)
    return Answer()


def heat(unit: Controller, wanted: Value) -> Answer:
    """HEAT <OFF LOW MED HIGH>."""
    value = str(wanted)
    program = unit.outputs.program
    if value != "OFF":
        capped = program is not None and HEATS.index(value) > HEATS.index(program.type.heat)
        if PADS[unit.fitted].heater_ohm is None or capped:
            raise Refusal("RANGE")
        if unit.reactions.blocking(heat=True):
            raise Refusal("FAULT")
        if unit.inhibited:
            if not unit.truth.lockout_honest:
                unit.outputs.set_heat(value)
            raise Refusal("STATE")
    if program is not None or "H" in unit.outputs.drives:
        raise Refusal("STATE")
    if value == "OFF":
        unit.reactions.recovered("F07")
    unit.outputs.set_heat(value)
    return Answer()


def program(unit: Controller, wanted: Value) -> Answer:
    """PROG <name or OFF>."""
    name = str(wanted)
    if name == "OFF":
        unit.outputs.end_program()
        return Answer()
    kind = PROGRAMS[name]
    if (kind.pads and unit.fitted not in kind.pads) or (name != "MANUAL" and kind.high > unit.level_cap):
        raise Refusal("RANGE")
    if unit.reactions.blocking(heat=False):
        raise Refusal("FAULT")
    if unit.outputs.program is not None or unit.outputs.drives or unit.inhibited:
        raise Refusal("STATE")
    if unit.outputs.coasting:
        raise Refusal("BUSY")
    heated = PADS[unit.fitted].heater_ohm is not None and not unit.reactions.blocking(heat=True)
    unit.outputs.start_program(name, heated)
    return Answer()


def stop(unit: Controller) -> Answer:
    """STOP: everything off, no cool-down."""
    unit.outputs.halt()
    unit.outputs.manual = False
    unit.reactions.recovered("F07")
    return Answer()


def faults(unit: Controller) -> Answer:
    """FAULT?."""
    book = unit.reactions.book
    code = book.first
    latch = book.latched.get(code) or book.active.get(code)
    count, t_ms = (latch.count, latch.t_ms) if latch is not None else (0, 0)
    everything = ",".join(book.codes) or "NONE"
    return Answer(f"code={code} latched={int(code in book.latched)} count={count} t_ms={t_ms} all={everything}")


def clear(unit: Controller) -> Answer:
    """FAULT CLEAR: all in TEST; else as the power key does, and safety ones stay."""
    kept, safe = unit.reactions.clear(everything=unit.test.unlocked)
    if safe:
        raise Refusal("LOCKED")
    if kept:
        raise Refusal("FAULT")
    return Answer()


def log(unit: Controller, wanted: Value) -> Answer:
    """LOG? <i>, oldest first."""
    index = int(wanted)
    records = unit.memory.log
    if index >= len(records):
        raise Refusal("RANGE")
    record = records[index]
    text = f"n={len(records)} i={index} t_ms={record.t_ms} code={record.code} arg={record.arg}"
    return Answer(f"{text} crc={crc16(text.encode()):04X}")
