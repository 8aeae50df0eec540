"""The sweep: sessions end in time also when nobody asks."""

from __future__ import annotations

import asyncio
from pathlib import Path

from identity_builders import Household
from tradewind.identity.service import IdentityService


async def _swept(service: IdentityService) -> None:
    """Run the service for its first sweep and stop it."""
    running = asyncio.create_task(service.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])


async def test_the_first_sweep_ends_what_is_over(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60)
    house.sign_in()
    house.clock.advance(61)

    await _swept(IdentityService(sessions=house.sessions, tokens=house.tokens))

    assert len(house.ended) == 1


async def test_sessions_with_an_open_page_are_kept(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60)
    house.sign_in()
    (session,) = house.sessions.live()
    house.clock.advance(59)

    await _swept(IdentityService(sessions=house.sessions, tokens=house.tokens, open_pages=lambda: [session.session_id]))
    house.clock.advance(59)

    assert house.sessions.live() != []


async def test_stopping_writes_the_times_of_last_use(tmp_path: Path) -> None:
    house = Household(tmp_path, session_idle_s=60)
    secret = house.sign_in().partition("=")[2]
    house.clock.advance(30)
    house.sessions.find(secret)

    await _swept(IdentityService(sessions=house.sessions, tokens=house.tokens))
    house.clock.advance(45)

    assert house.restarted_sessions().find(secret) is not None


async def test_what_the_old_token_opened_ends_with_it_and_nothing_else_does(tmp_path: Path) -> None:
    house = Household(tmp_path)
    old = house.tokens.handle()
    house.tokens.renew()
    told: list[str] = []
    connected = {old, house.tokens.handle(), "0123456789abcdef" * 2}

    await _swept(
        IdentityService(
            sessions=house.sessions, tokens=house.tokens, open_pages=lambda: connected, on_token_replaced=told.append
        )
    )

    assert told == [old]
