"""Whose doing is a failure: the unit's, or perhaps the rig's, which was in trouble with what made the reading."""

from collections.abc import Iterable
from dataclasses import dataclass

ALL = "all"  # blamed: nothing that was measured is sure; made with: depends on everything before
ANY_TEST = "*"


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that failed in a test: a measurement that isn't PASS, or a unit that did what it must not.

    `made_with` names the instruments and sensors that the reading depends on.
    """

    name: str
    test: str
    safety: bool = False
    made_with: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BenchTrouble:
    """Trouble of the bench: the test it came up in, and the instruments and sensors it puts in doubt, where known."""

    test: str
    blames: frozenset[str] = frozenset()

    def names(self, failure: Failure) -> bool:
        """Whether it blames something that made that reading, by name."""
        if not self.blames:
            return False
        return ALL in self.blames or ALL in failure.made_with or bool(self.blames & failure.made_with)

    def beside(self, failure: Failure) -> bool:
        """Whether it blames nothing by name and came up in the test that failed."""
        return not self.blames and self.test in (ANY_TEST, failure.test)


@dataclass(frozen=True, slots=True)
class Sorted:
    """The names of a run's failures: the unit's, and those that may be the rig's; safety measurements once more."""

    failed: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    doubted_unsafe: tuple[str, ...] = ()


def sort_failures(failures: Iterable[Failure], troubles: Iterable[BenchTrouble]) -> Sorted:
    """Sort what failed in a run by whose doing it may be.

    A failure is in doubt where the bench's trouble blames what made the reading, or blames nothing by name and came
    up in the same test. A safety measurement is in doubt only where what made it is blamed by name.
    """
    known = list(troubles)
    found: dict[str, list[str]] = {"failed": [], "doubted": [], "unsafe": [], "doubted_unsafe": []}
    for failure in failures:
        named = any(trouble.names(failure) for trouble in known)
        doubted = named or any(trouble.beside(failure) for trouble in known)
        found["doubted" if doubted else "failed"].append(failure.name)
        if failure.safety:
            found["doubted_unsafe" if named else "unsafe"].append(failure.name)
    return Sorted(**{key: tuple(dict.fromkeys(names)) for key, names in found.items()})
