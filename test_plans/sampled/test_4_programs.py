"""Every body-area program on each of its pads, pressed as in the hand: it keeps its caps, from start to end."""

import pytest

MOTION = ("program.contact_force", "program.lowest_level", "program.highest_level", "program.top_speed", "program.time")
HEAT = ("program.plate_highest", "program.face_highest")
PROFILE = ("program.period",)


def measure_motion(measure, ran, **where):
    """Force, levels and time of a program that has run."""
    measure("program.contact_force", ran.contact_force(), **where)
    measure("program.lowest_level", ran.lowest_level(), **where)
    measure("program.highest_level", ran.highest_level(), **where)
    measure("program.top_speed", ran.top_speed(), **where)
    measure("program.time", ran.seconds, **where)


def measure_heat(measure, ran, **where):
    """Temperatures of a program that has run."""
    measure("program.plate_highest", ran.plate_highest(), **where)
    measure("program.face_highest", ran.face_highest(), **where)


@pytest.mark.requirement("SAF-009", "SAF-010")
@pytest.mark.measures(*MOTION, *HEAT, *PROFILE)
@pytest.mark.parametrize(
    ("program", "pad"),
    [("NECK", "WAVE"), ("SHOULDERS", "FLAT"), ("LOWER_BACK", "FLAT"), ("LOWER_BACK", "LARGE")],
)
def test_warm_program_with_profile(programs, measure, program, pad):
    """A program that ramps, waves or pulses keeps its pace, and its level, heat and time caps."""
    ran = programs.run(program, pad)
    measure_motion(measure, ran, program=program, pad=pad)
    measure_heat(measure, ran, program=program, pad=pad)
    measure("program.period", ran.period(), program=program, pad=pad)


@pytest.mark.requirement("SAF-009", "SAF-010")
@pytest.mark.measures(*MOTION, *HEAT)
@pytest.mark.parametrize(
    ("program", "pad"),
    [
        ("UPPER_BACK", "FLAT"),
        ("UPPER_BACK", "WAVE"),
        ("ARMS", "WAVE"),
        ("LEGS", "WAVE"),
        ("MANUAL", "FLAT"),
        ("MANUAL", "WAVE"),
        ("MANUAL", "LARGE"),
    ],
)
def test_warm_program(programs, measure, program, pad):
    """A program keeps its level, heat and time caps."""
    ran = programs.run(program, pad)
    measure_motion(measure, ran, program=program, pad=pad)
    measure_heat(measure, ran, program=program, pad=pad)


@pytest.mark.requirement("SAF-010")
@pytest.mark.measures(*MOTION, *PROFILE)
@pytest.mark.parametrize(("program", "pad"), [("NECK", "BALL"), ("SHOULDERS", "BALL")])
def test_cold_program_with_profile(programs, measure, program, pad):
    """On a pad without heat, a program that ramps or waves keeps its pace, and its level and time caps."""
    ran = programs.run(program, pad)
    measure_motion(measure, ran, program=program, pad=pad)
    measure("program.period", ran.period(), program=program, pad=pad)


@pytest.mark.requirement("SAF-010")
@pytest.mark.measures(*MOTION)
@pytest.mark.parametrize(
    ("program", "pad"), [("ARMS", "FINGER"), ("LEGS", "FINGER"), ("MANUAL", "BALL"), ("MANUAL", "FINGER")]
)
def test_cold_program(programs, measure, program, pad):
    """On a pad without heat, a program keeps its level and time caps."""
    ran = programs.run(program, pad)
    measure_motion(measure, ran, program=program, pad=pad)
