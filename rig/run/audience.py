"""All who watch a run: told in turn, and dropped when they raise; what only shows decides nothing."""

from collections.abc import Callable, Iterable

from rig.errors import RigError, UsageError
from rig.run.observer import Observer
from rig.run.outcome import one_line


class Audience:
    """The observers that are left; `lost` hears of each that is dropped, in one line."""

    def __init__(self, observers: Iterable[Observer]) -> None:
        self.lost: Callable[[str], None] | None = None
        self._observers = list(observers)

    @property
    def somebody_speaks(self) -> bool:
        """Whether one of them tells people itself why a run couldn't begin."""
        return any(one.speaks for one in self._observers)

    def add(self, observer: Observer) -> None:
        """Let one more watch."""
        self._observers.append(observer)

    def tell(self, call: Callable[[Observer], None]) -> None:
        """Let each of them hear it; one that raises is dropped, whatever it raises but an interruption."""
        for one in tuple(self._observers):
            try:
                call(one)
            except Exception as error:
                self.drop(one, error)

    def drop(self, one: Observer, error: Exception) -> None:
        """Let it watch no longer, because of that error."""
        if one in self._observers:
            self._observers.remove(one)
            if self.lost is not None:
                self.lost(f"{type(one).__name__} watches no longer: {one_line(error)}; the run goes on")

    def note(self, text: str) -> None:
        """Tell them something a person should know."""
        self.tell(lambda one: one.note(text))

    def refused(self, error: RigError) -> None:
        """Tell them why the run can't begin."""
        self.tell(lambda one: one.refused(str(error), usage=isinstance(error, UsageError)))
