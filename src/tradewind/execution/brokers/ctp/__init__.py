"""Trading at CTP brokers: one account, one child process with CTP's library, one session that is logged in anew.

All that decides is here, in the platform's process and without asyncio; the child performs and tells (`tradewind.ctp`).
Main types: `CtpBroker` (the port), `AccountTrader` (one account), `Session` (how it gets to work).
"""

from __future__ import annotations

from tradewind.execution.brokers.ctp.settings import CtpAccountSettings, CtpBrokerSettings

__all__ = ["CtpAccountSettings", "CtpBrokerSettings"]
