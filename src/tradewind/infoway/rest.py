"""Asks the provider over REST: many codes in few requests, within the key's budget, patient with what passes by itself.

The key travels in one header and stands in no message, log or error. Answers are bounded, redirects are refused.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from tradewind.errors import ConfigError, InputError, KeyRefusedError, TransientError
from tradewind.infoway.addresses import REST_SCHEMES, checked
from tradewind.infoway.answers import Answer, Bar, Depth, Trade, bars_of, depth_of, read_answer, read_rows, trade_of
from tradewind.infoway.budget import mark_of
from tradewind.infoway.codes import in_batches, route
from tradewind.infoway.names import KINDS, name_of
from tradewind.infoway.reactions import Meaning, Reaction
from tradewind.kernel.backoff import Backoff
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.log import get_log
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from tradewind.infoway.budget import Budget
    from tradewind.infoway.codes import Market
    from tradewind.infoway.names import Name
    from tradewind.infoway.settings import InfowaySettings

R = TypeVar("R")
_LOG = get_log("infoway")
_CHUNK: Final = 1 << 16
_LONGEST_WAIT_S: Final = 120.0
"""What a gateway asks us to wait beyond this is cut to it."""
_NO_ANSWER: Final = "the provider's answer holds nothing for it"
_NAMES: Final = 200
_BARS: Final = 500
_BARS_OF_MANY: Final = 2


class Fetched(msgspec.Struct, Generic[R], frozen=True):
    """What came of asking for codes: rows, and each code there is none for, with the reason."""

    rows: tuple[R, ...]
    refused: dict[str, str]
    unreadable: int = 0
    """Rows that were no row of this kind."""
    requests: int = 0


class Counts(msgspec.Struct):
    """What a client has done since its start."""

    requests: int = 0
    retries: int = 0
    recoded: int = 0
    waited_s: float = 0.0


class InfowayRest:
    """One account at the provider. Made once and shared: it keeps its connections and knows when its key is refused."""

    def __init__(
        self,
        settings: InfowaySettings,
        budget: Budget,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        seed: int | None = None,
    ) -> None:
        """Open nothing yet.

        Raises: ConfigError: there is no key, or an address is none.
        """
        if not settings.api_key.isascii() or not settings.api_key.isprintable() or not settings.api_key.strip():
            message = "infoway.api_key must be set, for example by INFOWAY_API_KEY; it was empty or is no key"
            raise ConfigError(message)
        self._settings = settings
        self._base = checked(settings.base_url, "infoway.base_url", REST_SCHEMES)
        self._plan = settings.limits()
        self._budget = budget
        self._key = settings.api_key.strip()
        self._mark = mark_of(self._key)
        self._sleep = sleep
        self._seed = SystemClock().now_ns() if seed is None else seed
        self._session: aiohttp.ClientSession | None = None
        self._turns = asyncio.Semaphore(settings.requests_at_once)
        self._stopped = ""
        self.counts = Counts()

    async def trades(self, codes: Iterable[str]) -> Fetched[Trade]:
        """Return the newest trade of each code.

        Raises: as `bars`.
        """
        return await self._fetch(codes, "batch_trade", trade_of, lambda trade: trade.s)

    async def depths(self, codes: Iterable[str]) -> Fetched[Depth]:
        """Return the book of each code.

        Raises: as `bars`.
        """
        return await self._fetch(codes, "batch_depth", depth_of, lambda depth: depth.s)

    async def bars(self, codes: Iterable[str], kind: int, count: int = 1) -> Fetched[tuple[Bar, ...]]:
        """Return the newest bars of each code; `kind` 1: one minute … 5: an hour … 8: a day … 12: a year.

        Of one code up to 500, of several up to 2 each.

        Raises:
            KeyRefusedError: the provider refuses the key; nothing more is asked with it.
            TransientError: the provider does not answer, or the key's budget lasts no longer.
            InputError: more bars than may be asked for.
        """
        wanted = list(codes)
        most = _BARS if len(wanted) == 1 else _BARS_OF_MANY
        if not 1 <= count <= most:
            message = f"bars of {len(wanted)} codes may be 1 to {most} each, was {count}"
            raise InputError(message)
        body = {"klineType": kind, "klineNum": count}
        return await self._fetch(wanted, "v2/batch_kline", bars_of, lambda bars: bars[0].s if bars else "", body)

    async def names(self, codes: Iterable[str]) -> Fetched[Name]:
        """Return what each share is called; nobody waits for it, so each batch is asked for once.

        Raises: KeyRefusedError, TransientError: as `bars`.
        """
        self._refuse_if_stopped()
        by_kind: dict[str, list[str]] = {}
        for code in codes:
            if kind := KINDS.get(code.rpartition(".")[2]):
                by_kind.setdefault(kind, []).append(code)
        rows: list[Name] = []
        unreadable = requests = 0
        for kind, batch in ((kind, part) for kind, whole in by_kind.items() for part in in_batches(whole, _NAMES)):
            address = f"{self._base}/common/basic/symbols?type={kind}&symbols={quote(','.join(batch), safe=',.')}"
            answer, _ = await self._ask("GET", address, None)
            requests += 1
            if answer.meaning.reaction is Reaction.RETRY:
                raise TransientError(_in_words(answer))
            await self._settle(answer)
            good, bad = read_rows(answer.rows, name_of)
            asked = set(batch)
            rows += [name for name in good if name.code in asked]
            unreadable += bad
        return Fetched(tuple(rows), {}, unreadable, requests)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _fetch(
        self,
        codes: Iterable[str],
        path: str,
        read: Callable[[Any], R | None],
        code_of: Callable[[R], str],
        body: dict[str, int] | None = None,
    ) -> Fetched[R]:
        self._refuse_if_stopped()
        routed = route(codes, self._settings.markets)
        before = self.counts.requests
        batches = [
            (market, batch)
            for market, known in routed.by_market.items()
            for batch in in_batches(known, self._settings.batch)
        ]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._batch(market, batch, path, body)) for market, batch in batches]
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        rows: list[R] = []
        refused, unreadable = dict(routed.refused), 0
        for (_, batch), task in zip(batches, tasks, strict=True):
            answer = task.result()
            good, bad = read_rows(answer.rows, read)
            asked = set(batch)
            found = {code_of(row) for row in good} & asked
            rows += [row for row in good if code_of(row) in asked]
            unreadable += bad + sum(code_of(row) not in asked for row in good)
            told = _NO_ANSWER if answer.meaning.reaction is Reaction.TAKE else _in_words(answer)
            refused |= {code: told for code in batch if code not in found}
        return Fetched(tuple(rows), refused, unreadable, self.counts.requests - before)

    async def _batch(self, market: Market, codes: Sequence[str], path: str, body: dict[str, int] | None) -> Answer:
        """Ask for one batch until there is an answer that asking again would not change."""
        backoff = Backoff(
            named_rng(self._seed, "infoway", market, codes[0]), jitter=0.5, scale=self._settings.retry_scale
        )
        joined = ",".join(codes)
        if body is None:
            method, address, data = "GET", f"{self._base}/{market}/{path}/{quote(joined, safe=',.')}", None
        else:
            method, address = "POST", f"{self._base}/{market}/{path}"
            data = msgspec.json.encode({"codes": joined, **body})
        answer, wait_s = await self._ask(method, address, data)
        for _ in range(self._settings.tries - 1):
            if answer.meaning.reaction is not Reaction.RETRY:
                break
            self.counts.retries += 1
            await self._sleep(max(backoff.next_wait_s(), wait_s))
            answer, wait_s = await self._ask(method, address, data)
        if answer.meaning.reaction is not Reaction.RETRY:
            return await self._settle(answer)
        message = f"the provider gave no good answer in {self._settings.tries} tries: {_in_words(answer)}"
        raise TransientError(message)

    async def _settle(self, answer: Answer) -> Answer:
        match answer.meaning.reaction:
            case Reaction.STOP_KEY:
                if not self._stopped:
                    self._stopped = _in_words(answer)
                    _LOG.error("infoway_key_refused", reason=self._stopped, remedy="set infoway.api_key to a good key")
                self._refuse_if_stopped()
            case Reaction.DAY_OVER:
                await self._budget.close_day(self._mark)
                raise TransientError(_in_words(answer))
            case _:
                pass
        return answer

    async def _ask(self, method: str, address: str, data: bytes | None) -> tuple[Answer, float]:
        """Send one request in its turn; return the answer, and how long the gateway asks us to wait."""
        async with self._turns:
            await self._wait_for_budget()
            self._refuse_if_stopped()
            self.counts.requests += 1
            try:
                # This header is all that tells who we are.
                async with self._opened().request(
                    method,
                    address,
                    data=data,
                    headers={"apiKey": self._settings.api_key.strip()},
                    allow_redirects=False,
                ) as response:
                    body = await self._read(response)
                    wait_s = _seconds(response.headers.get("Retry-After", ""))
                    if body is None:
                        told = f"an answer of more than {self._settings.max_answer_bytes} bytes"
                        return Answer(Meaning(Reaction.REFUSE_REQUEST, told)), 0.0
                    answer = self._without_key(read_answer(response.status, body))
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                # Its text may hold the address asked, never more than its kind is told.
                return Answer(Meaning(Reaction.RETRY, f"no answer ({type(error).__name__})")), 0.0
        self.counts.recoded += answer.is_recoded
        return answer, wait_s

    async def _read(self, response: aiohttp.ClientResponse) -> bytes | None:
        """Return the whole answer, or `None` as soon as it is too large."""
        parts, size = [], 0
        async for part in response.content.iter_chunked(_CHUNK):
            size += len(part)
            if size > self._settings.max_answer_bytes:
                response.close()
                return None
            parts.append(part)
        return b"".join(parts)

    async def _wait_for_budget(self) -> None:
        waited_s = 0.0
        while (wait_s := await self._budget.take(self._mark, self._plan)) > 0.0:
            waited_s += wait_s
            if waited_s > self._settings.patience_s:
                message = (
                    f"the key's budget is used up for {wait_s:.0f} s more; see infoway.plan and infoway.patience_s"
                )
                raise TransientError(message)
            self.counts.waited_s += wait_s
            await self._sleep(wait_s)

    def _refuse_if_stopped(self) -> None:
        if self._stopped:
            message = f"the provider refuses infoway.api_key: {self._stopped}; nothing more is asked with it"
            raise KeyRefusedError(message)

    def _without_key(self, answer: Answer) -> Answer:
        """Return an answer that does not repeat our key to us."""
        if self._key not in answer.told:
            return answer
        return msgspec.structs.replace(answer, told=answer.told.replace(self._key, "***"))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            settings = self._settings
            timeout = aiohttp.ClientTimeout(total=settings.timeout_s, sock_connect=settings.connect_s)
            self._session = aiohttp.ClientSession(
                timeout=timeout,
                connector=aiohttp.TCPConnector(limit=settings.requests_at_once),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "Tradewind", "Content-Type": "application/json"},
            )
            # It would send a request twice when a connection was closed under it, and only we know the key's budget.
            self._session._retry_connection = False  # noqa: SLF001 - there is no other way to say so
        return self._session


def _first(errors: BaseExceptionGroup[Any]) -> BaseException:
    """Return the error that says most: a refused key before anything else."""
    found = [_first(error) if isinstance(error, BaseExceptionGroup) else error for error in errors.exceptions]
    return next((error for error in found if isinstance(error, KeyRefusedError)), found[0])


def _in_words(answer: Answer) -> str:
    return f"{answer.meaning.text} ({answer.told})" if answer.told else answer.meaning.text


def _seconds(header: str) -> float:
    return min(float(header), _LONGEST_WAIT_S) if header.isascii() and header.isdigit() and len(header) < 10 else 0.0  # noqa: PLR2004 - longer is no wait
