"""A conversation with one SCPI instrument over VISA in which a wrong byte can't become a wrong value.

SCPI has no checksum and no sequence number, so each exchange brings its own: `*ESE n;*ESE?` ties the reply to the
message, a query is asked twice in one message, a setting is asked back. Why: docs/decisions/0011-said-twice.md.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from drivers.scpi_link import VisaLink, is_transport_error, one_line
from drivers.scpi_replies import Garbled, Malformed, Setting, answers, error_number, number, repeated, untagged
from rig.clock import Clock
from rig.errors import BenchError, ConnectionLost, InstrumentFault, blames_its_role

if TYPE_CHECKING:
    from numpy.typing import NDArray

ERRORS_SHOWN = 10
ATTEMPTS = 3  # a garbled exchange is repeated where that does no harm
BRIEF_SECONDS = 0.5  # for a new connection after trouble: who is silent is silent, and the unit may be live
TAGS = 256  # the event status enable register holds 0 to 255, and nothing here depends on it

_T = TypeVar("_T")


@blames_its_role
class ScpiSession:
    """An open, identified instrument; `role` and `model` make its errors readable.

    Every method ends with a reply read, so that operations of several instruments never overtake each other. None
    lasts longer than two time-outs for each of its attempts, a reply and its rest, and what `BRIEF_SECONDS` allow for a
    new connection, its identity and its error queue.
    """

    def __init__(
        self,
        address: str,
        clock: Clock,
        *,
        role: str,
        model: str,
        serial_number: str | None = None,
        timeout_seconds: float = 10.0,
    ) -> None:
        """Open the VISA address and check with `*IDN?` that the model, and where given that very one, answers there.

        Raises ConnectionLost when nobody answers, BenchError when another instrument does.
        """
        self.address = address
        self.role = role
        self.model = model
        self._serial_number = serial_number
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._closed = False
        self._link: VisaLink | None = None
        self._tag = 0
        self.identity = self._connect()

    @property
    def where(self) -> str:
        """Role, model and address, as error messages begin."""
        return f"{self.role} ({self.model} at {self.address})"

    def write(self, *commands: str) -> None:
        """Send commands as one message and read the error queue in the same round trip.

        Raises InstrumentFault naming the commands and what the instrument says about them, ConnectionLost.
        """
        message = ";".join(commands)
        self._refuse(message, self._again(message, lambda: self._tagged(":SYST:ERR?", message), attempts=1))

    def set(self, *settings: Setting) -> None:
        """Send settings as one message and ask each back in the same round trip.

        Raises InstrumentFault when one was refused or is answered otherwise, ConnectionLost.
        """
        message = ";".join(one.command for one in settings)
        wanted = [(query, one.value) for one in settings for query in one.queries]
        question = ";".join([*(query for query, _ in wanted), ":SYST:ERR?"])

        def exchange() -> None:
            *found, error = self._tagged(question, message).split(";", len(wanted))  # the error's text may hold more
            if error_number(error) != 0:
                raise Garbled(f"refused: {error}")
            if len(found) != len(wanted):
                raise Garbled(f"{len(found)} of {len(wanted)} settings were answered")
            for (query, value), answer in zip(wanted, found, strict=True):
                if not answers(value, answer):
                    raise Garbled(f"{query} answers {answer}, not {value}")

        self._again(message, exchange)

    def holds(self, *settings: Setting) -> None:
        """Ask settings back in one round trip, without setting anything.

        Raises InstrumentFault when one is answered otherwise, twice; ConnectionLost.
        """
        wanted = [(query, one.value) for one in settings for query in one.queries]
        question = ";".join(query for query, _ in wanted)
        for last in (False, True):
            found = self.look(question).split(";")
            wrong = [
                f"{query} answers {answer}, not {value}"
                for (query, value), answer in zip(wanted, found, strict=False)
                if not answers(value, answer)
            ]
            if not wrong and len(found) == len(wanted):
                return
            if last:
                raise InstrumentFault(f"{self.where}: {'; '.join(wrong) or 'answered too little'}")

    def ask(self, query: str, again: str | None = None) -> str:
        """Ask in one message twice and return the reply, which was the same both times, without line end.

        `again` is the second query where it can't be the first (`:READ?` is `:FETC?` again). Raises
        InstrumentFault when the reply is missing or never the same twice, ConnectionLost when none comes.
        """
        question = f"{query};{query if again is None else again}"
        return self._again(query, lambda: repeated(self._tagged(question)))

    def look(self, query: str) -> str:
        """Ask once, for a state that may change from one query to the next; as `ask` otherwise."""
        return self._again(query, lambda: self._tagged(query))

    def ask_number(self, query: str, again: str | None = None) -> float:
        """Like `ask`, for a reply that is a reading.

        Raises InstrumentFault on NaN, infinity, overload or text: never a number.
        """
        return self.number(self.ask(query, again), query)

    def ask_numbers(self, query: str, count: int, again: str | None = None) -> list[float]:
        """Like `ask_number` for a reply of that many readings, separated by commas."""
        values = [self.number(part, query) for part in self.ask(query, again).split(",")]
        if len(values) != count:
            raise InstrumentFault(f"{self.where}: '{query}' answered {len(values)} values, not {count}")
        return values

    def ask_reading(self, query: str, within: float) -> float:
        """Take two fresh readings in one message and return their mean.

        Raises InstrumentFault when they are never `within` each other, in the reading's unit.
        """

        def exchange() -> float:
            parts = self._tagged(f"{query};{query}").split(";")
            if len(parts) != 2:
                raise Garbled(f"{len(parts)} readings, not two")
            one, other = (self.number(part, query) for part in parts)
            if abs(one - other) > within:
                raise Garbled(f"{one:g} and {other:g} are more than {within:g} apart")
            return (one + other) / 2.0

        return self._again(query, exchange)

    def number(self, text: str, query: str) -> float:
        """Read one number out of a reply's text; raises InstrumentFault when it is none."""
        try:
            return number(text)
        except ValueError as error:
            raise InstrumentFault(f"{self.where}: '{query}' {error}") from None

    def ask_block(self, query: str, count: int, again: str | None = None, dtype: str = "<f4") -> "NDArray[Any]":
        """Ask twice for a binary block of `count` numbers (definite, or indefinite `#0`).

        Raises InstrumentFault when the block has another length or never comes the same twice.
        """
        import numpy as np  # here, not above: a supply's session has no blocks, and its process no other use for it

        size = np.dtype(dtype).itemsize * count

        def exchange() -> bytes:
            link = self._open_link()
            payload = link.block(query, size)
            if link.block(query if again is None else again, size) != payload:
                raise Garbled("two copies of the block differ")
            return payload

        return np.frombuffer(self._again(query, exchange), dtype=dtype)

    def close(self) -> None:
        """Close the session; may be called twice."""
        self._closed = True
        self._hang_up()

    def _connect(self, patience_seconds: float | None = None) -> str:
        try:
            self._link = self._new_link(self._timeout_seconds if patience_seconds is None else patience_seconds)
            identity = self._link.query("*IDN?")
            if self._link.query("*IDN?") != identity:
                raise OSError("it says two different things")
        except Exception as error:  # pyvisa-py raises bare Exception for some refused connections
            self._hang_up()
            raise ConnectionLost(
                f"{self.where}: no answer to *IDN? ({one_line(error)}); is it on, is the address right?"
            ) from error
        if self.model not in identity:
            self._hang_up()
            raise BenchError(
                f"{self.where}: found '{identity}' there, expected a {self.model}; correct the station file"
            )
        found = (identity.split(",") + [""] * 3)[2].strip()  # maker, model, serial number, firmware
        if self._serial_number not in (None, found):
            self._hang_up()
            raise BenchError(
                f"{self.where}: found serial number {found!r} there, expected {self._serial_number!r}; "
                "its calibration isn't this one's: correct the station file"
            )
        return identity

    def _new_link(self, patience_seconds: float) -> VisaLink:
        return VisaLink(self.address, self._clock, patience_seconds)

    def _open_link(self) -> VisaLink:
        if self._closed:
            raise ConnectionLost(f"{self.where}: the session is closed")
        if self._link is None:  # not had again at once: who asks next may want to switch off, so no more patience
            self._connect(min(BRIEF_SECONDS, self._timeout_seconds))
            if self._link is None:
                raise ConnectionLost(f"{self.where}: no connection")
            self._link.be_patient(self._timeout_seconds)
        return self._link

    def _hang_up(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _tagged(self, question: str, message: str | None = None) -> str:
        """Send a message and a question; return the answer that carries this exchange's own tag.

        Raises Garbled for a missing answer, and for one to another question.
        """
        self._tag = self._tag % (TAGS - 1) + 1
        first = () if message is None else (message,)
        reply = self._open_link().query(*first, f"*ESE {self._tag};*ESE?;{question}")
        answer = untagged(reply, self._tag)
        if not answer:
            raise Garbled("no answer")
        return answer

    def _again(self, message: str, exchange: Callable[[], _T], attempts: int = ATTEMPTS) -> _T:
        """Run an exchange, and again when it came garbled; after any trouble the session is a new one."""
        try:
            return exchange()
        except Garbled as error:
            state = self._reconnect()
            if attempts > 1:
                return self._again(message, exchange, attempts - 1)
            raise InstrumentFault(f"{self.where}: '{message}': {error}; {state}; check the network") from error
        except Malformed as error:
            self._reconnect()
            raise InstrumentFault(f"{self.where}: '{message}' {error}") from error
        except InstrumentFault:
            self._reconnect()
            raise
        except Exception as error:
            if not is_transport_error(error):
                raise
            raise ConnectionLost(
                f"{self.where}: no reply to '{message}' ({one_line(error)}); {self._reconnect()}"
            ) from error
        finally:
            self._clock.instrument_answered()

    def _refuse(self, message: str, first: str) -> None:
        """Raise InstrumentFault with all that the error queue holds, unless it holds nothing."""
        if error_number(first) == 0:
            return
        errors = [first]
        while len(errors) < ERRORS_SHOWN and error_number(error := self.look(":SYST:ERR?")) != 0:
            errors.append(error)
        raise InstrumentFault(f"{self.where}: refused '{message}': {' | '.join(errors)}")

    def _reconnect(self) -> str:
        """Open a new session and tell what came of it; the error queue often says why a reply was missing."""
        self._hang_up()
        try:
            self._connect(min(BRIEF_SECONDS, self._timeout_seconds))
            errors = [self._tagged(":SYST:ERR?")]
            while len(errors) < ERRORS_SHOWN and error_number(errors[-1]) != 0:
                errors.append(self._tagged(":SYST:ERR?"))
            self._open_link().be_patient(self._timeout_seconds)
            return f"reconnected, its error queue says {' | '.join(errors)}"
        except BenchError as failure:
            return f"reconnecting failed, too: {failure}"
        except Exception as failure:
            if not is_transport_error(failure) and not isinstance(failure, Garbled):
                raise
            self._hang_up()
            return "reconnected, but its error queue doesn't answer"
