"""The clock's service: who takes part in bench time, who waits, and when time may move."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rig.twin.kernel import Kernel
from rig.twin.links import TcpLink
from rig.twin.participant import Participant
from rig.twin.serial_links import SerialLink


class Timekeeper:
    """Knows the participants and says whether time may move."""

    def __init__(self, kernel: Kernel, touched: Callable[[], None]) -> None:
        self.kernel = kernel
        self.touched = touched
        self.participants: list[Participant] = []
        self.ever_joined = False
        self.left_at_ns: int | None = None
        self._served_early: set[str] = set()
        self.is_walls = False  # time goes on whoever runs
        self._tcp: list[TcpLink] = []
        self._lines: dict[str, SerialLink] = {}

    @property
    def now(self) -> dict[str, Any]:
        """What each answer says of the time; `past` when it has gone on by the time that it is read."""
        now: dict[str, Any] = {"now_ns": self.kernel.now_ns}
        return {**now, "past": True} if self.is_walls else now

    def connect(self, send: Callable[[bytes], None]) -> Participant:
        """A new connection to the clock."""
        return Participant(self, send)

    def serve(self, tcp: Iterable[TcpLink], lines: Iterable[SerialLink]) -> None:
        """Learn the cables that participants may speak of."""
        self._tcp = list(tcp)
        self._lines = {line.endpoint: line for line in lines}

    def line(self, endpoint: str) -> SerialLink | None:
        """The serial cable with that name."""
        return self._lines.get(endpoint)

    def joined(self, participant: Participant) -> None:
        """Somebody takes part from now on."""
        self.ever_joined = True
        self.left_at_ns = None
        self.participants.append(participant)
        self.touched()

    def left(self, participant: Participant) -> None:
        """Somebody takes part no more."""
        self.participants.remove(participant)
        self.left_at_ns = self.kernel.now_ns
        for other in list(self.participants):
            if other.waits_for(participant.name):
                other.wake()  # into a conversation that has ended: it will see
            else:
                other.knock("")  # who attends looks whether that concerns it
        self.touched()

    def knock(self, name: str, ticket: str) -> bool:
        """Wake the participant of that name to serve a ticket; false when it is gone, or has served it already."""
        if ticket in self._served_early:
            self._served_early.remove(ticket)
            return False
        for participant in self.participants:
            if participant.name == name:
                participant.knock(ticket)
                return True
        return False

    def served(self, tickets: Sequence[str]) -> None:
        """Give their time back to those who handed over with these tickets."""
        for ticket in tickets:
            waiting = [participant for participant in self.participants if participant.handed_over(ticket)]
            for participant in waiting:
                participant.wake()
            if not waiting:  # it was asked over the other connection, and its knock is on its way
                self._served_early.add(ticket)

    def expel_others(self, participant: Participant) -> None:
        """Let everybody else take part no more: they hold time up."""
        for other in list(self.participants):
            if other is not participant:
                other.expel()

    def expel_runners(self) -> None:
        """Let those take part no more who have held time up for too long."""
        for participant in list(self.participants):
            if participant.runs:
                participant.expel()

    def say_still(self) -> None:
        """Tell those who wait on the clock that they still do."""
        for participant in self.participants:
            participant.say_still()

    def owes_reply(self, peer_port: int) -> bool:
        """Whether an instrument owes the session from that local port a reply."""
        return any(
            connection.owes_reply
            for link in self._tcp
            for connection in link.connections
            if connection.peer_port == peer_port
        )

    def settle(self) -> None:
        """After bytes moved: look at pending waits again."""
        for participant in self.participants:
            participant.fenced()
            participant.delivered()

    @property
    def somebody_runs(self) -> bool:
        """True while a participant neither waits nor is owed a reply: time must stand."""
        return any(participant.runs for participant in self.participants)

    @property
    def somebody_drives(self) -> bool:
        """True while a participant's waiting can only end by time moving on."""
        return any(participant.drives for participant in self.participants)

    @property
    def backlog(self) -> bool:
        """True while delivered bytes of a fenced line haven't left: time must stand."""
        return any(line.backlog for one in self.participants for line in one.lines.values())

    @property
    def stranger_waits(self) -> bool:
        """True while any instrument owes anybody a reply."""
        return any(connection.owes_reply for link in self._tcp for connection in link.connections)
