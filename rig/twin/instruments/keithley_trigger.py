"""The trigger model of the Keithley graphical meters: numbered blocks, executed one after the other.

Source: DMM6500 reference manual, TRIGger subsystem. Only branches take time of their own here (10 us), so
that a NOTify just before an MDIGitize and a WAIT just before another meter's MDIGitize share one moment.
Unverified (?): the block number in TRIGger:STATe? before a run.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from rig.twin.instruments.parameters import ScpiError
from rig.twin.kernel import Kernel, Timer

_BRANCH_NS = 10_000
_WAITING_AFTER_NS = 100_000_000
MOST_BLOCKS = 63

Cancel = Callable[[], None]


class TriggerHost(ABC):
    """What the trigger model asks of its instrument."""

    @abstractmethod
    def clear_buffer(self, name: str) -> None:
        """Empty a reading buffer."""

    @abstractmethod
    def acquire(self, name: str, count: int | None, done: Callable[[], None]) -> Cancel:
        """Take readings into a buffer, then call back; None means the instrument's own count."""

    @abstractmethod
    def notify(self, number: int) -> None:
        """Raise the notify event."""

    @abstractmethod
    def scan(self, done: Callable[[], None]) -> Cancel:
        """Run the scan list, then call back."""


@dataclass(frozen=True)
class ClearBuffer:
    """TRIGger:BLOCk:BUFFer:CLEar."""

    buffer: str


@dataclass(frozen=True)
class Delay:
    """TRIGger:BLOCk:DELay:CONStant."""

    seconds: float


@dataclass(frozen=True)
class Acquire:
    """TRIGger:BLOCk:MDIGitize."""

    buffer: str
    count: int | None


@dataclass(frozen=True)
class Notify:
    """TRIGger:BLOCk:NOTify."""

    number: int


@dataclass(frozen=True)
class Wait:
    """TRIGger:BLOCk:WAIT; `clear` forgets events that came before the block was reached."""

    events: tuple[str, ...]
    clear: bool = False
    every: bool = False


@dataclass(frozen=True)
class BranchCounter:
    """TRIGger:BLOCk:BRANch:COUNter: go to the target until the block was reached `count` times."""

    count: int
    target: int


@dataclass(frozen=True)
class BranchAlways:
    """TRIGger:BLOCk:BRANch:ALWays."""

    target: int


@dataclass(frozen=True)
class Nothing:
    """TRIGger:BLOCk:NOP."""


@dataclass(frozen=True)
class Scan:
    """The blocks that ROUTe:SCAN:CREate loads, as one."""


Block = ClearBuffer | Delay | Acquire | Notify | Wait | BranchCounter | BranchAlways | Nothing | Scan


@dataclass
class _Run:
    block: int = 1
    since_ns: int = 0
    counters: dict[int, int] = field(default_factory=dict[int, int])
    cancel: Cancel = lambda: None
    waiting: Wait | None = None


class TriggerModel:
    """The blocks and the run through them."""

    def __init__(self, kernel: Kernel, host: TriggerHost) -> None:
        self._kernel = kernel
        self._host = host
        self._blocks: dict[int, Block] = {}
        self._events: set[str] = set()
        self._run: _Run | None = None
        self._outcome = "EMPTY"
        self._last_block = 0
        self._on_end: Callable[[], None] = lambda: None

    @property
    def running(self) -> bool:
        """Whether the model runs."""
        return self._run is not None

    @property
    def state(self) -> str:
        """What TRIGger:STATe? answers."""
        run = self._run
        if run is None:
            return f"{self._outcome};{self._outcome};{self._last_block}"
        waits = run.waiting and self._kernel.now_ns - run.since_ns > _WAITING_AFTER_NS
        name = "WAITING" if waits else "RUNNING"
        return f"{name};{name};{run.block}"

    @property
    def blocks(self) -> dict[int, Block]:
        """The blocks by number."""
        return self._blocks

    def load(self, *blocks: Block) -> None:
        """Replace all blocks."""
        self.abort()
        self._blocks = dict(enumerate(blocks, 1))
        self._outcome, self._last_block = ("IDLE" if blocks else "EMPTY"), 0

    def define(self, number: int, block: Block) -> None:
        """Set one block.

        Raises:
            ScpiError: -221, the model runs.

        """
        if self._run is not None:
            raise ScpiError(-221)
        self._blocks[number] = block
        self._outcome, self._last_block = "BUILDING", 0

    def initiate(self, on_end: Callable[[], None]) -> None:
        """Start.

        Raises:
            ScpiError: -213, it runs already; -221, there are no blocks, gaps, or no such target.

        """
        if self._run is not None:
            raise ScpiError(-213)
        numbers = set(range(1, len(self._blocks) + 1))
        branches = [block for block in self._blocks.values() if isinstance(block, BranchCounter | BranchAlways)]
        targets = {branch.target for branch in branches}
        if not self._blocks or set(self._blocks) != numbers or not targets <= numbers:
            raise ScpiError(-221)
        self._on_end = on_end
        self._run = _Run(since_ns=self._kernel.now_ns)
        self._advance(self._run)

    def abort(self) -> None:
        """Stop where it is."""
        if self._run is not None:
            self._run.cancel()
            self._end("ABORTED")

    def event(self, name: str) -> None:
        """Take a trigger event in; a waiting block goes on, else it is latched."""
        self._events.add(name)
        run = self._run
        if run is not None and run.waiting is not None and self._take(run.waiting):
            run.waiting = None
            run.block += 1
            self._advance(run)

    def forget(self, name: str) -> None:
        """Clear an event detector."""
        self._events.discard(name)

    def _take(self, wait: Wait) -> bool:
        seen = [event in self._events for event in wait.events]
        if not (all(seen) if wait.every else any(seen)):
            return False
        self._events.difference_update(wait.events)
        return True

    def _end(self, outcome: str) -> None:
        if self._run is not None:
            self._last_block = min(self._run.block, len(self._blocks))
        self._run, self._outcome = None, outcome
        self._on_end()

    def _next(self, run: _Run, block: int | None = None) -> None:
        if self._run is run:
            run.block = run.block + 1 if block is None else block
            self._advance(run)

    def _later(self, run: _Run, delay_ns: int, block: int | None = None) -> None:
        timer: Timer = self._kernel.after(delay_ns, lambda: self._next(run, block))
        run.cancel = timer.cancel

    def _advance(self, run: _Run) -> None:
        """Execute blocks until one takes time."""
        while self._run is run:
            run.since_ns = self._kernel.now_ns
            block = self._blocks.get(run.block)
            match block:
                case None:
                    self._end("IDLE")
                    return
                case ClearBuffer():
                    self._host.clear_buffer(block.buffer)
                case Notify():
                    self._host.notify(block.number)
                case Nothing():
                    pass
                case Delay():
                    self._later(run, round(block.seconds * 1e9))
                    return
                case Acquire():
                    run.cancel = self._host.acquire(block.buffer, block.count, lambda: self._next(run))
                    return
                case Scan():
                    run.cancel = self._host.scan(lambda: self._next(run))
                    return
                case BranchAlways():
                    self._later(run, _BRANCH_NS, block.target)
                    return
                case BranchCounter():
                    reached = run.counters.get(run.block, 0) + 1
                    run.counters[run.block] = 0 if reached >= block.count else reached
                    if reached < block.count:
                        self._later(run, _BRANCH_NS, block.target)
                        return
                case Wait():
                    if block.clear:
                        self._events.difference_update(block.events)
                    if not self._take(block):
                        run.waiting = block
                        return
            run.block += 1
