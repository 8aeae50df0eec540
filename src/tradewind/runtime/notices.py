"""Builds the notices room beside the order line: its store, its ways out of the house, and who there is to tell."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.domain.rights import ADMINISTRATOR
from tradewind.domain.user import User
from tradewind.errors import ConfigError
from tradewind.kernel.clock import SystemClock
from tradewind.notices.means import Means
from tradewind.notices.ports import Trouble
from tradewind.notices.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from tradewind.api.ports import FeedAlarm
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.notice import Language
    from tradewind.domain.rights import Principal
    from tradewind.identity.directory import Directory
    from tradewind.kernel.metrics import Metrics
    from tradewind.notices.ports import Courier
    from tradewind.notices.service import NoticeService
    from tradewind.notices.settings import HookSettings, NoticeSettings
    from tradewind.notices.telling import Group
    from tradewind.runtime.desk.building import Desk
    from tradewind.runtime.settings import TradewindSettings

_LONGEST_SECRET: Final = 4_096


_TOKEN_HOLDER: Final = User(user_id=0, username=ADMINISTRATOR.username, chinese_name=ADMINISTRATOR.name)


class KnownPeople:
    """`notices.ports.People`: the users of the directory, and whoever holds the access token."""

    def __init__(self, directory: Directory, products: Sequence[str]) -> None:
        """`products` are those that the settings name; the directory's come first."""
        self._directory = directory
        self._products = tuple(products)

    def users(self) -> Sequence[User]:
        """Return everybody, shut out or not."""
        return (_TOKEN_HOLDER, *self._directory.people.users)

    def principal(self, username: str) -> Principal | None:
        """Return what somebody may do right now; `None` where there is nobody of that name."""
        return ADMINISTRATOR if username == ADMINISTRATOR.username else self._directory.principal(username)

    def products(self) -> Sequence[str]:
        """Return the codes of all products that are in use."""
        known = (product.code for product in self._directory.people.products if product.is_active)
        return tuple(dict.fromkeys((*known, *self._products)))


def build_notices(
    settings: TradewindSettings,
    desk: Desk | None,
    *,
    calendar: TradingCalendar,
    alarm: Callable[[], FeedAlarm | None],
    metrics: Metrics,
    directory: Directory,
    known: Callable[[], Awaitable[None]],
) -> NoticeService | None:
    """Return the room; `None` where it is off, or where there is no store of record.

    `alarm` tells what is wrong with the feed; `known` returns when the directory has been read: before it nobody could
    be told.

    Raises: ConfigError: a channel cannot be as it is set.
    """
    if desk is None or not settings.notices.enabled:
        return None
    from tradewind.notices.service import NoticeService  # noqa: PLC0415 - only where it runs
    from tradewind.stores.sql.chat import SqlChat  # noqa: PLC0415 - brings the database's library along
    from tradewind.stores.sql.notices import SqlNotices  # noqa: PLC0415 - as above
    from tradewind.stores.sql.store import SqlStore  # noqa: PLC0415 - as above

    async def ready() -> None:
        await desk.service.wait_open()
        await known()

    # Connections of its own: people's questions never wait for those of the journal, nor it for theirs.
    store = SqlStore(settings.store, Path(settings.data_dir))
    means = Means(
        settings=settings.notices,
        store=SqlNotices(store),
        people=KnownPeople(directory, products_of(settings)),
        clock=SystemClock(),
        metrics=metrics,
        threads=Threads(),
    )
    return NoticeService(
        means,
        chain=settings.store.chain,
        bus=desk.bus,
        entries=desk.rooms.journal,
        chat=SqlChat(store),
        calendar=calendar,
        ready=ready,
        email=mail_of(settings.notices),
        groups=hooks_of(settings.notices, os.environ),
        trouble=_trouble_of(alarm),
    )


def products_of(settings: TradewindSettings) -> list[str]:
    """Return the products that the settings name: those that orders may name, and those of accounts' books."""
    books = [book.partition("/")[0] for account in settings.portfolio.accounts for book in account.books]
    return sorted({*settings.trading.products, *books} - {""})


def mail_of(settings: NoticeSettings) -> Courier | None:
    """Return who brings e-mail; `None` without a mail server.

    Raises: ConfigError: the sender is no address, or the authorities cannot be read.
    """
    if not settings.smtp.host:
        return None
    from tradewind.notices.channels.smtp import SmtpCourier  # noqa: PLC0415 - brings the mail library along

    try:
        return SmtpCourier(settings.smtp)
    except ValueError as error:
        message = f"notices.smtp.sender: {error}"
        raise ConfigError(message) from error
    except OSError as error:
        message = f"notices.smtp.ca_file {settings.smtp.ca_file} cannot be read: {error.strerror or error}"
        raise ConfigError(message) from error


def hooks_of(settings: NoticeSettings, environ: Mapping[str, str]) -> list[tuple[Courier, Group, Language]]:
    """Return the couriers of groups with what each hears.

    Raises: ConfigError: an address leads where none may, or a secret is not there.
    """
    if not settings.hooks:
        return []
    from tradewind.notices.channels.https_post import target_of  # noqa: PLC0415 - brings a parser along
    from tradewind.notices.channels.trust import trusting  # noqa: PLC0415 - as above
    from tradewind.notices.channels.webhooks import WebhookCourier  # noqa: PLC0415 - as above
    from tradewind.notices.telling import Group  # noqa: PLC0415 - as above

    try:
        context = trusting(settings.hook_ca_file)
    except OSError as error:
        message = f"notices.hook_ca_file {settings.hook_ca_file} cannot be read: {error.strerror or error}"
        raise ConfigError(message) from error
    made: list[tuple[Courier, Group, Language]] = []
    for hook in settings.hooks:
        where = f"notices.hooks {hook.name!r}"
        url = hook.url or _variable(hook.url_env, environ, where)
        courier = WebhookCourier(
            hook.name,
            kind=hook.kind,
            target=target_of(url, hosts=settings.hook_hosts, setting=where),
            secret=_secret(hook, environ, where),
            context=context,
            clock=SystemClock(),
            timeout_s=settings.hook_timeout_s,
        )
        made.append((courier, Group(hook.name, frozenset(hook.kinds), frozenset(hook.products)), hook.language))
    return made


def _secret(hook: HookSettings, environ: Mapping[str, str], where: str) -> str:
    if hook.secret_env:
        return _variable(hook.secret_env, environ, where)
    if not hook.secret_file:
        return ""
    try:
        secret = Path(hook.secret_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{where}: secret_file {hook.secret_file} cannot be read"
        raise ConfigError(message) from error
    if not 0 < len(secret) <= _LONGEST_SECRET:
        message = f"{where}: secret_file {hook.secret_file} must hold a secret, has {len(secret)} characters"
        raise ConfigError(message)
    return secret


def _variable(name: str, environ: Mapping[str, str], where: str) -> str:
    value = environ.get(name, "")
    if not value:
        message = f"{where}: the environment variable {name} is not set"
        raise ConfigError(message)
    return value


def _trouble_of(alarm: Callable[[], FeedAlarm | None]) -> Callable[[], Trouble | None]:
    """Return the feed's alarm as trouble: the same alarm has the same id until it is over."""

    def trouble() -> Trouble | None:
        found = alarm()
        if found is None:
            return None
        return Trouble(f"feed:{found.state}:{found.since_ns}", found.state, found.message, found.since_ns)

    return trouble
