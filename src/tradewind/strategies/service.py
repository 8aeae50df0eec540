"""The strategies room's shell: events in, signals out; loads what is configured and what the folder brings."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.topics import BARS, CLEAN_TICKS, FEATURES, SIGNALS
from tradewind.errors import ConfigError, InputError, StrategyError
from tradewind.kernel.log import get_log
from tradewind.strategies.files import KeptParams
from tradewind.strategies.folder import StrategyFolder, load_file
from tradewind.strategies.params import build_params
from tradewind.strategies.ports import HookName
from tradewind.strategies.registry import BUILTINS, load_builtin, load_entry_points, load_trial
from tradewind.strategies.runner import StrategyRunner
from tradewind.strategies.watchdog import StrategyHung

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Literal

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.bus.topics import Topic
    from tradewind.kernel.clock import LineClock
    from tradewind.kernel.metrics import Metrics
    from tradewind.strategies.health import StrategyReport
    from tradewind.strategies.registry import StrategySpec
    from tradewind.strategies.running import RunningStrategy
    from tradewind.strategies.settings import ParamValue, StrategySettings

    Verb = Literal["start", "stop", "params", "reset"]

_LOG = get_log("strategies")
ROOM: Final = "strategies"


class StrategyService:
    """Reads CLEAN_TICKS, FEATURES and BARS as far as a strategy wants them; writes SIGNALS."""

    def __init__(
        self,
        *,
        settings: StrategySettings,
        bus: Bus,
        clock: LineClock,
        metrics: Metrics,
        only: Collection[str] = (),
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        """Load the configured strategies; nothing runs before `attach`. Names in `only` leave all others out.

        With the machine's clock `wall_ns` signals carry the times of their way.

        Raises: ConfigError: an unknown built-in strategy, a name in `only` that nothing has, or parameters that do not
            fit.
        """
        self._settings = settings
        self._bus = bus
        self.runner = StrategyRunner(
            settings=settings, clock=clock, metrics=metrics, publish=bus.publisher(SIGNALS), wall_ns=wall_ns
        )
        self._kept = KeptParams()
        self._installed: dict[str, StrategySpec] = {}
        """Each strategy as settings, folder or package bring it, by name."""
        self.load_errors: dict[str, str] = {}
        """What could not be loaded, by source; the version that ran before goes on."""
        self._topics: dict[HookName, tuple[Topic[Any], Callable[[Any], None]]] = {
            "on_tick": (CLEAN_TICKS, self.runner.on_tick),
            "on_features": (FEATURES, self.runner.on_features),
            "on_bar": (BARS, self.runner.on_bar),
        }
        self._subscriptions: dict[HookName, Subscription] = {}
        self._is_attached = False
        self._folder = StrategyFolder(Path(settings.folder)) if settings.folder else None
        self._names_of_file: dict[Path, tuple[str, ...]] = {}
        for name in settings.enabled:
            self.load(load_builtin(name, settings.params.get(name, {})))
        self.runner.watchdog.start()
        try:
            if settings.entry_points:
                self._load_entry_points()
            self.scan_folder()
        finally:
            self.runner.watchdog.stop()
        if only:
            self._keep(only)

    @property
    def needs_ticks(self) -> bool:
        """True if a strategy looks at clean ticks, or one may come that does."""
        return self._folder is not None or self.runner.has_hook("on_tick")

    @property
    def needs_features(self) -> bool:
        """True if a strategy looks at features, or one may come that does."""
        return self._folder is not None or self.runner.has_hook("on_features")

    @property
    def needs_bars(self) -> bool:
        """True if a strategy looks at bars, or one may come that does."""
        return self._folder is not None or self.runner.has_hook("on_bar")

    def attach(self) -> None:
        """Begin to listen; call it on the thread that runs the line, which the watchdog then watches."""
        self._is_attached = True
        self.runner.watchdog.start()
        self._subscribe()

    def detach(self) -> None:
        """Stop listening, cancel what asynchronous strategies are doing, end the watchdog."""
        self._is_attached = False
        for subscription in self._subscriptions.values():
            subscription.cancel()
        self._subscriptions.clear()
        self.runner.async_calls.close()
        self.runner.watchdog.stop()

    def load(self, spec: StrategySpec) -> None:
        """Run a strategy from the next event on, in place of the version that runs under its name.

        What people changed of its parameters goes before what it brings.
        """
        self._installed[spec.name] = spec
        self._run(self._as_changed(spec))

    def restore(self, kept: KeptParams) -> None:
        """Run strategies as people changed them before, and keep there what they change from now on."""
        self._kept = kept
        for spec in list(self._installed.values()):
            if kept.of(spec.name):
                self._run(self._as_changed(spec))

    def load_trial(self) -> None:
        """Answer test ticks from now on."""
        self.load(load_trial())

    def unload(self, name: str) -> bool:
        """Stop running a strategy; false if there is none of that name."""
        is_gone = self.runner.unload(name)
        self._installed.pop(name, None)
        self._subscribe()
        return is_gone

    def scan_folder(self) -> None:
        """Load what has come or changed in the watched folder, unload what has gone; report what is broken."""
        if self._folder is None:
            return
        source = str(self._folder.folder)
        try:
            changes = self._folder.look()
        except StrategyError as error:
            self._refuse(source, error)
            return
        self.load_errors.pop(source, None)
        for path in changes.gone:
            self._drop(path, ())
            self.load_errors.pop(str(path), None)
        for path in changes.changed:
            self._load_file(path)

    def act(self, name: str, verb: Verb, params: Mapping[str, ParamValue], *, by: str) -> StrategyReport:
        """Do what an operator wants with one strategy, and return how it is then.

        `params` holds until somebody changes or resets it, after a restart too (`restore`).

        Raises:
            InputError: there is none of that name, or the parameters do not fit.
            StateConflictError: it runs already.
            StoreError: the change cannot be kept, so it is not made.
        """
        entry = self.runner.running.get(name)
        if entry is None or entry.spec.is_trial:
            message = f"no strategy {name[:100]!r} runs here; there are {', '.join(self.runner.running) or 'none'}"
            raise InputError(message)
        if verb == "stop":
            self.runner.stop(name)
        elif verb == "start":
            self.runner.release(name)
        else:
            self._change(name, params if verb == "params" else None)
        _LOG.info("strategy_changed_by_hand", strategy=name, verb=verb, params=dict(params), by=by)
        return self._report_of(self.runner.running[name])

    def reports(self) -> list[StrategyReport]:
        """Return every strategy with its parameters and health."""
        return [self._report_of(entry) for entry in self.runner.running.values()]

    def _report_of(self, entry: RunningStrategy) -> StrategyReport:
        return msgspec.structs.replace(entry.report(), changed=tuple(sorted(self._kept.of(entry.spec.name))))

    def _change(self, name: str, params: Mapping[str, ParamValue] | None) -> None:
        """Run a strategy with these parameters instead, the others as they are; with `None` all as installed."""
        installed = self._installed[name]
        wanted = {} if params is None else {**self._kept.of(name), **params}
        spec = _with_params(installed, wanted)
        brought = msgspec.structs.asdict(installed.params)
        now = msgspec.structs.asdict(spec.params)
        self._kept.put(name, {each: now[each] for each in wanted if now[each] != brought[each]})
        self._run(spec)

    def _as_changed(self, spec: StrategySpec) -> StrategySpec:
        """Return the strategy as people changed it; where that does not fit any more, as it comes."""
        changed = self._kept.of(spec.name)
        if not changed:
            return spec
        try:
            return _with_params(spec, changed)
        except InputError as error:
            self._refuse(f"{spec.name}: parameters changed by hand", StrategyError(str(error)))
            return spec

    def _run(self, spec: StrategySpec) -> None:
        self.runner.load(spec)
        self._subscribe()

    def _keep(self, only: Collection[str]) -> None:
        """Run just these, wherever they come from; a built-in one need not be enabled."""
        running = self.runner.running
        for name in only:
            if name not in running and name in BUILTINS:
                self.load(load_builtin(name, self._settings.params.get(name, {})))
        unknown = [name for name in only if name not in running]
        if unknown:
            known = ", ".join(dict.fromkeys((*BUILTINS, *running)))
            refused = f"; not loaded: {', '.join(self.load_errors)}" if self.load_errors else ""
            message = f"there is no strategy {unknown[0]!r}; known are: {known}{refused}"
            raise ConfigError(message)
        for name in [name for name in running if name not in only]:
            self.unload(name)

    def _load_file(self, path: Path) -> None:
        try:
            with self.runner.watchdog.watching():
                specs = load_file(path, self._settings.params)
            self._check_names(path, specs)
        except StrategyHung as error:
            failure = StrategyError(f"{path} did not finish loading within {self._settings.hang_ms} ms")
            failure.__cause__ = error
            self._refuse(str(path), failure)
            return
        except StrategyError as error:
            self._refuse(str(path), error)
            return
        self.load_errors.pop(str(path), None)
        names = tuple(spec.name for spec in specs)
        self._drop(path, names)
        self._names_of_file[path] = names
        for spec in specs:
            self.load(spec)
        # At the start it is nothing new: the page and /api/v1/strategies show what runs.
        tell = _LOG.info if self._is_attached else _LOG.debug
        tell("strategies_loaded", path=str(path), strategies=names)

    def _check_names(self, path: Path, specs: list[StrategySpec]) -> None:
        own = self._names_of_file.get(path, ())
        for spec in specs:
            taken = self.runner.running.get(spec.name)
            if taken is not None and spec.name not in own:
                message = (
                    f"{path} defines a strategy {spec.name!r}, but {taken.spec.source} runs under that name already"
                )
                raise StrategyError(message)

    def _drop(self, path: Path, keep: tuple[str, ...]) -> None:
        for name in self._names_of_file.pop(path, ()):
            if name not in keep:
                self.unload(name)
                _LOG.info("strategy_unloaded", path=str(path), strategy=name)

    def _load_entry_points(self) -> None:
        with self.runner.watchdog.watching():
            specs, errors = load_entry_points(self._settings.params)
        for spec in specs:
            self.load(spec)
        for source, error in errors.items():
            self._refuse(source, error)

    def _refuse(self, source: str, error: StrategyError) -> None:
        if self.load_errors.get(source) != str(error):
            self.load_errors[source] = str(error)
            _LOG.error("strategy_refused", source=source, reason=str(error))

    def _subscribe(self) -> None:
        """Listen to just the topics that a strategy wants."""
        for hook, (topic, handler) in self._topics.items():
            is_wanted = self._is_attached and self.runner.has_hook(hook)
            if is_wanted and hook not in self._subscriptions:
                self._subscriptions[hook] = self._bus.subscribe(topic, handler, group=ROOM)
            elif not is_wanted and hook in self._subscriptions:
                self._subscriptions.pop(hook).cancel()


def _with_params(spec: StrategySpec, changed: Mapping[str, ParamValue]) -> StrategySpec:
    """Return the strategy with these parameters instead, the others as they are.

    Raises: InputError: they do not fit.
    """
    before = msgspec.structs.asdict(spec.params)
    try:
        params = build_params(spec.name, type(spec.params), {**before, **changed})
    except ConfigError as error:
        raise InputError(str(error)) from error
    return msgspec.structs.replace(spec, params=params)


class StrategyFolderWatcher:
    """Looks into the strategy folder every `folder_poll_s`, for the supervisor to run."""

    name: Final = "strategy_folder"

    def __init__(self, *, settings: StrategySettings, service: StrategyService) -> None:
        self._poll_s = settings.folder_poll_s
        self._has_folder = bool(settings.folder)
        self._service = service

    async def run(self) -> None:
        """Look until cancelled; return at once when no folder is configured."""
        while self._has_folder:
            self._service.scan_folder()
            await asyncio.sleep(self._poll_s)
