"""The life cycle of a run, as hooks of pytest: begin with the manifest, run, judge, record."""

import functools
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from rig.bench.guard import GuardSettings
from rig.errors import BenchError, RecordError, RigError
from rig.record import BUDGETS, Birth, ExpectedMeasurement, Record
from rig.record.history import MADE_WITH
from rig.record.recovery import drop_unused
from rig.run.acknowledgements import Acknowledgements
from rig.run.audience import Audience
from rig.run.budgets import budgets_of
from rig.run.builtin_twin import TWIN
from rig.run.collection import Collection, refuse
from rig.run.context import RunContext
from rig.run.cool import COOL, wait_for_cool
from rig.run.finish import RECORDED, exit_status, finish
from rig.run.interrupts import Interrupts
from rig.run.manifest import Manifest, title
from rig.run.observer import TestEnd
from rig.run.outcome import Outcome, OutOfLimits, PlanFault, UnitFailed, classify, leaves, one_line, translated
from rig.run.retest import Admission, admit
from rig.run.sources import changed
from rig.run.stray import Stray


class LifeCycle:
    """The hooks of one run."""

    def __init__(
        self,
        config: pytest.Config,
        context: RunContext,
        collection: Collection,
        audience: Audience,
        results: Path,
        acknowledgements: Acknowledgements | None,
    ) -> None:
        self._config = config
        self._results = results
        self._acknowledgements = acknowledgements
        self._context = context
        self._audience = audience
        self._collection = collection
        self._messages: dict[str, list[str]] = {}
        self._started: dict[str, tuple[float, float]] = {}
        self._interrupts = Interrupts(context.interrupt)
        self._stray = Stray()
        self._ends: list[TestEnd] = []
        self._record: Record | None = None
        self._admission: Admission | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Begin the run before its first test, with signals under control."""
        if self._config.getoption("--collect-only"):
            return (yield)
        manifest = self._collection.require_whole(session.items)
        if threading.current_thread() is threading.main_thread():
            self._interrupts.install()
        self._stray.install()
        self._begin(manifest)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Leave out what comes after rig trouble, a stop or an interruption."""
        if not self._context.halted:
            return None
        self._context.ended(item.nodeid, Outcome.NOT_RUN)
        return True

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note in the record that a test begins."""
        self._started[nodeid] = (self._context.seconds(), time.monotonic())
        self._context.troubles.test = nodeid
        self._context.record.test_started(nodeid, self._started[nodeid][0])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Show the test; an interruption isn't allowed to look like a pass."""
        self._audience.tell(lambda one: one.test_started(item.nodeid, title(item)))
        try:
            self._context.checkpoint()
            return (yield)
        except BaseException as error:
            self._raise(error)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail a test at its end with every measurement that isn't in; cure hazard 1 of Allure."""
        try:
            result = yield
            self._context.checkpoint()
        except BaseException as error:
            self._raise(error)
        failed = self._context.out_of_limits(item.nodeid)
        if failed is not None:
            raise failed
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> Generator[None, object, object]:
        """As for the call; with the last test's fixtures the bench is made safe, and nothing interrupts that."""
        if nextitem is None:
            self._interrupts.finish()
        try:
            return (yield)
        except BaseException as error:
            self._raise(error)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Read from each phase what it means for the run."""
        report = yield
        test, error = item.nodeid, call.excinfo.value if call.excinfo else None
        if item.get_closest_marker("xfail") is not None or hasattr(report, "wasxfail"):
            self._context.ended(test, Outcome.EXPECTED_FAILURE)
        if error is not None:
            self._trouble(test, error)
            # short texts for people; only a plan's own fault needs its traceback
            if isinstance(error, RigError | OutOfLimits | UnitFailed) and error.__cause__ is None:
                report.longrepr = str(error)
        elif call.when == "call":
            self._context.ended(test, Outcome.PASSED)
        return report

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Make the test durable, then tell whoever watches."""
        self._note_stray(nodeid)
        outcome = self._context.outcomes.get(nodeid, Outcome.NOT_RUN)
        message = "\n".join(self._messages.get(nodeid, []))
        bench, wall = self._started.get(nodeid, (0.0, time.monotonic()))
        try:
            now = self._context.seconds()
        except BenchError as error:
            self._context.troubles.of_rig(str(error), error)
            now = bench
        try:
            self._context.record.test_ended(nodeid, RECORDED[outcome], message, now)
            self._context.record.commit()
        except RecordError as error:
            self._context.troubles.of_rig(str(error))
        end = TestEnd(nodeid, str(outcome), message, now - bench, time.monotonic() - wall)
        self._ends.append(end)
        self._audience.tell(lambda one: one.test_ended(end))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Tear down what is still up, then judge; nothing interrupts it."""
        self._interrupts.finish()
        result = None
        try:
            result = yield
        except BaseException as error:  # whatever happens here, there is a verdict, and it isn't PASS
            self._trouble("end of the run", error)
        self._note_stray("end of the run")
        if self._context.began and self._admission is not None:
            what = self._context, self._admission, self._audience, self._ends, self._results
            session.exitstatus = exit_status(finish(*what, changed_files=changed(self._collection.digests)))
        return result

    def pytest_unconfigure(self) -> None:
        """Close the record, the twin and the signals."""
        self._interrupts.restore()
        self._stray.restore()
        if self._record is not None:
            self._record.close()
        self._context.give_lease_back()
        if self._context.guard is not None:
            self._context.guard.close()
        if self._acknowledgements is not None:
            self._acknowledgements.close()
        if self._context.twin is not None:
            self._context.twin.close()

    def _begin(self, manifest: Manifest) -> None:
        options, product = self._context.options, self._context.product
        try:
            name = TWIN if options.station is None else self._context.station.name
            birth = Birth.of(simulated=options.simulated, trial=options.trial is not None, station=name)
            record = Record.open(options.data, birth, begin=options.simulated or birth.trial)
            self._record = record
            admission = admit(self._context, record)
            station = self._context.station
            if self._context.twin is not None and self._context.guard is not None:
                self._context.guard.begin(GuardSettings.of(station))  # makes our own twin safe while we begin
            self._context.cool = wait_for_cool(self._context, record, self._config.hook)
            budgets = budgets_of(product, station, (one.id for one in manifest.expected))
            run = record.begin_run(
                serial=options.serial,
                plan=options.plan,
                manifest=[ExpectedMeasurement(one.test, one.id, one.conditions) for one in manifest.expected],
                tests=manifest.tests,
                station=station.name,
                operator=options.operator or station.operator or "",
                slot=options.slot,
                pad=product.fitted_pad,
                product_name=product.name,
                limits_hash=product.limits_hash,
                plan_hash=manifest.source_hash,
                seed=None if options.station is not None else options.seed,
                extra={
                    MADE_WITH: {one.id: sorted(product.made_with(one.id)) for one in manifest.expected},
                    **options.noted(),
                    **admission.noted(),
                },
                known=len(admission.history.items),
            )
            for line in options.to_be_said():
                self._context.note(line)
            if self._acknowledgements is not None:
                self._acknowledgements.follow(run, options.serial)
            run.doing(results=self._results.name)
            for lost in map(record.run, record.recovered):
                what = f"attempt {lost.attempt} of plan {lost.plan} on {lost.serial} was cut off"
                self._context.note(f"{what}: {'; '.join(lost.reasons)}. It counts as INTERRUPTED: test that unit again")
            run.event(BUDGETS, {id: budget.as_json() for id, budget in budgets.items()})
            if self._context.cool:
                run.event(COOL, {"kelvin": self._context.cool})
            self._admission = admission
            self._context.begin(manifest, budgets, run, functools.partial(record.events_before, run.run_id))
        except RigError as error:
            self._close_unbegun()
            refuse(self._audience, error)

    def _close_unbegun(self) -> None:
        if self._record is not None:
            self._record.close()
            self._record = None
        drop_unused(self._results)

    def _note_stray(self, test: str) -> None:
        for line in self._stray.take():
            self._trouble(test, PlanFault(line))

    def _raise(self, error: BaseException) -> NoReturn:
        if classify(error) in (Outcome.UNIT_TROUBLE, Outcome.UNIT_SILENT):
            try:
                self._context.bench.before_blame(error)
            except RigError as instead:
                error = instead
        seen = translated(error)
        if seen is error:
            raise error
        if isinstance(error, KeyboardInterrupt | pytest.exit.Exception):
            self._context.interrupt(one_line(error))
        raise seen from (error if classify(error) is Outcome.PLAN_TROUBLE else None)

    def _trouble(self, test: str, error: BaseException) -> None:
        outcome = classify(error)
        self._context.ended(test, outcome)
        self._messages.setdefault(test, []).append(one_line(error))
        troubles = self._context.troubles
        if outcome is Outcome.RIG_TROUBLE:
            troubles.of_rig(one_line(error), next(leaf for leaf in leaves(error) if classify(leaf) is outcome))
            return
        note = {
            Outcome.INTERRUPTED: self._context.interrupt,
            Outcome.PLAN_TROUBLE: troubles.of_plan,
            Outcome.UNIT_TROUBLE: troubles.of_unit,
            Outcome.UNIT_SILENT: troubles.of_silence,
        }.get(outcome)
        if note is not None:
            note(f"{test}: {one_line(error)}")
