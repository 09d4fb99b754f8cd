"""The words for where a unit stands: one word, its shape and colour, one instruction; on screen and pages alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from rig.measure.unit_status import Standing, UnitStatus
from rig.measure.verdict import Verdict

SIMULATED = "SIMULATED"
ADVICE = "reseat it"  # where nobody says what helps a unit that is tested again
SHOWN_CHARACTERS = 160  # of a reason inside of an instruction


@dataclass(frozen=True, slots=True)
class UnitWords:
    """What people are told first; shape and word carry the meaning without the colour, `plain_shape` in ASCII."""

    word: str
    shape: str
    plain_shape: str
    colour: str
    instruction: str
    simulated: bool

    @property
    def marked(self) -> str:
        """The word, with SIMULATED after it where it is about a simulated unit."""
        return f"{self.word} {SIMULATED}" if self.simulated else self.word


_LOOKS = {
    Standing.PASSED: ("PASSED", "\u2714", "[v]", "green"),  # tick
    Standing.RETEST_NEEDED: ("RETEST", "\u21bb", "[>]", "amber"),  # arrow
    Standing.FAILED: ("FAILED", "\u2718", "[x]", "red"),  # cross
    Standing.BLOCKED: ("BLOCKED", "\u25ac", "[-]", "red"),  # bar
    Standing.NOT_JUDGED: ("NOT JUDGED", "\u2692", "[!]", "amber"),  # tools
    Standing.UNTESTED: ("NOT JUDGED", "\u2692", "[!]", "amber"),
    Standing.NOT_RELEASED: ("NOT RELEASED", "\u29d6", "[.]", "grey"),  # hourglass
}


def words_for(
    status: UnitStatus,
    *,
    simulated: bool,
    verdict: str | None,
    reasons: Sequence[str] = (),
    advice: str = ADVICE,
    trial: bool = False,
) -> UnitWords:
    """Return what to say about a unit whose latest run came to that verdict, for those reasons.

    `advice` is what helps a unit that is tested again. Nothing simulated is told to be shipped, and a trial judges
    nothing.
    """
    if trial:
        word, shape, plain, colour = _LOOKS[Standing.NOT_JUDGED]
        return UnitWords(word, shape, plain, colour, "A trial judges nothing: run production.", simulated)
    word, shape, plain, colour = _LOOKS[status.standing]
    again = f"test it again with plan {status.plan}" if status.named else "test it again"
    first = " ".join(reasons[0].split())[:SHOWN_CHARACTERS].rstrip(".") if reasons else "no reason was noted"
    match status.standing:
        case Standing.PASSED:
            instruction = "Nothing to ship: this unit is simulated." if simulated else "Ship it."
        case Standing.FAILED:
            instruction = "Set it aside with its ticket."
        case Standing.BLOCKED:
            instruction = "Safety measurement failed: an engineer decides."
        case Standing.NOT_RELEASED:
            which = " and ".join(status.missing)
            instruction = (
                f"{_capital(which)} {'has' if len(status.missing) == 1 else 'have'} not run: test it with that."
            )
        case Standing.RETEST_NEEDED:
            needs = f"let it cool, {advice}, {again}: needs {status.more} more PASS."
            if not status.failed and not status.doubted:
                needs = f"{again}: needs a PASS."
            mend = f"Put this right first: {first}. Then " if verdict == Verdict.ERROR else ""
            instruction = mend + needs if mend else _capital(needs)
        case _:
            instruction = _not_judged(verdict, first, again)
    return UnitWords(word, shape, plain, colour, instruction, simulated)


def _not_judged(verdict: str | None, reason: str, again: str) -> str:
    match verdict:
        case Verdict.ERROR:
            return f"This says nothing about the unit: {reason}. Put that right, then {again}."
        case Verdict.INCOMPLETE:
            return f"The plan didn't run whole: {reason}. {_capital(again)}."
        case Verdict.INTERRUPTED:
            return f"The run was interrupted. {_capital(again)}."
        case _:
            return "It is still being tested." if verdict is None else f"{_capital(again)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
