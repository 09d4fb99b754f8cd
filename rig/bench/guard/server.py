"""The guard at its door: clients come and go, their requests are served, and between them the custody is watched.

Single-threaded, so that nothing can come between a decision and its outputs. Strangers wait on the doorstep, where
nothing of them is parsed; they keep nobody up. A client's fault ends that client; a fault of ours ends with the outputs
off.
"""

import select
import socket
import time
from typing import Any

from rig.bench.guard.custody import Custody
from rig.bench.guard.leases import Budget, Lease
from rig.bench.guard.requests import Client
from rig.clock import AttendingClock
from rig.doorstep import Doorstep
from rig.errors import LeaseLost, RigError, UsageError

LOGGER = "temperature"
FIRST_CLIENT_SECONDS = 30.0  # of wall time: whoever started us connects within that


class GuardServer:
    """Serves one bench's clients until nobody is left."""

    def __init__(
        self,
        custody: Custody,
        clock: AttendingClock,
        listener: socket.socket,
        wake: socket.socket,
        token: str,
        linger_seconds: float,
    ) -> None:
        """Listen at the door; `wake` becomes readable with a signal."""
        self._sources: list[socket.socket] = [wake]  # what is listened to, while we wait as well
        self._custody = custody
        self._clock = clock
        self._wake = wake
        self._doorstep = Doorstep(listener, token, self._listen_to, self._listen_no_more_to)
        self._linger_seconds = linger_seconds
        self._clients: dict[socket.socket, Client] = {}
        self._lease_of: dict[Client, Lease] = {}
        self._served: list[str] = []
        self._alone_until = time.monotonic() + FIRST_CLIENT_SECONDS
        self._stopping = False
        custody.listen_meanwhile(self._listen)
        custody.tell_ends(self._tell_end)

    def stop(self) -> None:
        """End after this turn, safe."""
        self._stopping = True

    def serve(self) -> None:
        """Serve until stopped, or until no client has been connected for the linger time; then all is off.

        Raises NotSafe when the outputs couldn't be confirmed as off, ConnectionLost when a twin has gone, and whatever
        else went wrong here; the outputs are off then, too, as far as they can be reached.
        """
        trouble: Exception | None = None
        reason = "the guard was told to end"
        try:
            while not self._stopping and (self._clients or time.monotonic() < self._alone_until):
                self._turn()
        except Exception as error:
            trouble = error
            reason = f"the guard failed: {error!r}"
        try:
            self._see_off(reason, list(self._clients.values()))
        finally:
            self._doorstep.close()
            self._custody.make_safe()
        if trouble is not None:
            raise trouble

    def _turn(self) -> None:
        self._attend(self._custody.bench_due)
        self._doorstep.see_off()
        self._see_off_gone()
        self._custody.watch(self._heard)
        self._serve_requests()
        self._see_off_gone()  # whoever went while we worked wakes nobody any more

    def _attend(self, until: float | None) -> None:
        """Wait until then in bench time (None: for ever), or until somebody wants something."""
        served, self._served = self._served, []
        self._clock.attend(until, self._sources, self._concerns, served, self._wall_left())
        # a knock may have ended a wait that we were giving up: what it is for has arrived, and nobody knocks again
        for source in select.select(self._sources, [], [], 0.0)[0]:
            self._concerns(source)

    def _wall_left(self) -> float | None:
        """Wall seconds until a holder has been silent for too long, or we have been alone, or a stranger here."""
        limits = [self._custody.silence_ends, None if self._clients else self._alone_until]
        lefts = [limit - time.monotonic() for limit in limits if limit is not None]
        if (stranger := self._doorstep.wall_left) is not None:
            lefts.append(stranger)
        return max(0.0, min(lefts)) + 0.001 if lefts else None

    def _concerns(self, source: socket.socket) -> bool:
        """Read what arrived; whether it can't wait."""
        if source is self._wake:
            source.recv(64)
            return True
        if self._doorstep.is_here(source):
            if (said := self._doorstep.ready(source)) is not None:
                self._clients[source] = Client(source, said)
                self._listen_to(source)
            return True  # to wait anew for no longer than a stranger may stay
        client = self._clients[source]
        client.read()
        if client.gone:
            self._listen_no_more_to(source)
        self._note_beat(client)
        return client.gone or (bool(client.requests) and not self._clock.knocks)

    def _listen_to(self, source: socket.socket) -> None:
        if source not in self._sources:
            self._sources.append(source)

    def _listen_no_more_to(self, source: socket.socket) -> None:
        if source in self._sources:
            self._sources.remove(source)

    def _note_beat(self, client: Client) -> None:
        lease = self._lease_of.get(client)
        if lease is not None and (client.beat or client.requests):
            lease.beaten = time.monotonic()
        client.beat = False

    def _listen(self, seconds: float) -> None:
        """Wait for a scan with our ears open, and switch meanwhile: a relay's moment counts, a temperature's doesn't.

        Raises LeaseLost when a holder has gone, or is silent, or we are told to end.
        """
        end = self._clock.now() + seconds
        self._serve_requests(during_scan=True)  # read while we did something else: nothing more may come to wake us
        while end - self._clock.now() > 1e-6:
            self._attend(end)
            self._doorstep.see_off()
            silence_ends = self._custody.silence_ends
            silent = silence_ends is not None and time.monotonic() > silence_ends
            if silent or self._stopping or any(client.gone for client in self._lease_of):
                raise LeaseLost("guard: the holder of the lease has gone")
            self._serve_requests(during_scan=True)

    def _heard(self, lease: Lease) -> bool:
        """Our own slowness isn't the holder's silence: read what it has sent while we worked."""
        for client, held in self._lease_of.items():
            if held is lease and select.select([client.connection], [], [], 0.0)[0]:
                client.read()
                heard = client.beat or bool(client.requests)
                self._note_beat(client)
                return heard
        return False

    def _tell_end(self, lease: Lease) -> None:
        for client, held in self._lease_of.items():
            if held is lease and not client.gone:
                client.tell_end(str(lease.ended), lease.blames)

    def _see_off_gone(self) -> None:
        self._see_off("its connection ended", [client for client in self._clients.values() if client.gone])

    def _see_off(self, reason: str, clients: list[Client]) -> None:
        for client in clients:
            lease = self._lease_of.pop(client, None)
            if lease is not None:
                self._custody.release(lease, reason)
            del self._clients[client.connection]
            self._listen_no_more_to(client.connection)
            client.close()
            self._alone_until = time.monotonic() + self._linger_seconds

    def _serve_requests(self, *, during_scan: bool = False) -> None:
        for client in list(self._clients.values()):
            while client.requests and not client.gone:
                if during_scan and not _leaves_the_logger_alone(client.requests[0]):
                    break
                request = client.requests.pop(0)
                try:
                    client.answer(request, self._carry_out(client, request))
                except RigError as error:
                    client.refuse(request, error)
                except Exception as error:  # whatever it was: its own energy goes off, and the others go on
                    client.refuse(request, UsageError(f"guard: request not understood: {error!r}"))
                    client.gone = True
                self._served.append(str(request.get("ticket")))
                if (lease := self._lease_of.get(client)) is not None:
                    lease.beaten = time.monotonic()  # it could say nothing while it waited for us

    def _carry_out(self, client: Client, request: dict[str, Any]) -> object:
        custody, held = self._custody, self._lease_of.get(client)
        match request["op"]:
            case "identities":
                return custody.identities
            case "acquire":
                client.who = str(request["who"])[:200]
                self._lease_of[client] = custody.acquire(
                    client.who, request["resources"], str(request["data"]), request["envelopes"]
                )
                return None
            case "make_safe":
                return custody.make_safe(held)
            case _:
                return self._with_lease(custody.valid(held, client.who), request)

    def _with_lease(self, lease: Lease, request: dict[str, Any]) -> object:
        custody = self._custody
        match request["op"]:
            case "call":
                return custody.call(lease, request["device"], request["method"], request["arguments"])
            case "energise":
                budget = Budget(float(request["max_seconds"]), float(request["max_celsius"]))
                return custody.energise(lease, request["source"], budget)
            case "calm":
                return custody.calm(lease, request["source"])
            case "prove_watchdog":
                volts = float(request["battery_volts"]), float(request["charger_volts"])
                return custody.prove_watchdog(lease, *volts, float(request["limit_amperes"]))
            case _:
                raise UsageError(f"guard: unknown operation {request['op']!r}")


def _leaves_the_logger_alone(request: dict[str, Any]) -> bool:
    """Whether it can be done while the logger scans."""
    return request["op"] == "call" and request.get("device") != LOGGER
