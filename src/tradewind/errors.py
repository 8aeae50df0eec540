"""Every error Tradewind raises on purpose, in one tree; each class says which reaction it asks for.

    TradewindError
    ├── ConfigError              stop and tell the operator what to change
    │   ├── UnknownSettingError    a key nobody reads (names the nearest right one)
    │   ├── PortTakenError         somebody else listens there
    │   ├── KeyRefusedError        a data provider refuses our key: ask nothing more with it
    │   └── SchemaError            the tables are older or newer than the program: `tradewind db upgrade`
    ├── TransientError           wait (kernel.backoff) and try again
    │   ├── TooFastError           429: too many in a while, come back later
    │   └── SwitchedOffError       503: the settings leave this out here; asking again changes nothing
    ├── StoreError               what is of record cannot be read or written: refuse to trade
    │   ├── CorruptJournalError    the record does not fit its chain: restore, or ask who changed it
    │   ├── StoreAwayError         the database does not answer: wait, it is tried again
    │   ├── SpoolFullError         what waits for the database fills its place on disk: nothing more is taken
    │   └── StoreHeldError         another process keeps this journal: wait until it is gone, or end this one
    ├── TakenOverError           end the process: another one does its work now
    ├── InputError               refuse this input, count it, go on with the rest
    │   ├── ReplayFileError        a recording that cannot be played
    │   ├── MalformedTickError     drop the tick and count the reason
    │   ├── MalformedCommandError  answer the client with the code, keep the connection
    │   └── UnknownInstrumentError refuse: never guess a multiplier or a tick size
    ├── StrategyError            quarantine the strategy, leave the others alone
    │   └── AnswerRefusedError     what it answered is no signal: count the reason against it
    ├── StateConflictError       409: somebody was faster, read again
    ├── NotAuthenticatedError    401: say who you are
    └── NotAllowedError          403: we know who you are, and no

Expected refusals of the trade itself are values, not exceptions (see conventions in CONTRIBUTING.md).
"""

from __future__ import annotations

from typing import ClassVar


class TradewindError(Exception):
    """Root of the tree; `code` is stable and machine-readable, the message is for people."""

    code: ClassVar[str] = "error"


class ConfigError(TradewindError):
    """The configuration cannot work; starting again without a change will not help."""

    code = "config"


class UnknownSettingError(ConfigError):
    """A setting was given that no room reads."""

    code = "config_unknown_key"


class PortTakenError(ConfigError):
    """The address we were told to listen on is in use."""

    code = "port_taken"


class KeyRefusedError(ConfigError):
    """A provider of data refuses our key; asking on may get it banned."""

    code = "key_refused"


class SchemaError(ConfigError):
    """The tables of the database are not those this program knows."""

    code = "store_schema"


class TransientError(TradewindError):
    """Something outside is away for now; retry with backoff."""

    code = "transient"


class TooFastError(TransientError):
    """Somebody asks for more in a while than one may have."""

    code = "too_many_requests"


class SwitchedOffError(TransientError):
    """What was asked for is not run here: a setting leaves it out, or it does not go with what runs."""

    code = "switched_off"


class StoreError(TradewindError):
    """What is of record cannot be read or written; nothing may be sent meanwhile."""

    code = "store"


class CorruptJournalError(StoreError):
    """An entry of the journal does not fit its chain; nothing after it can be trusted."""

    code = "corrupt_journal"


class StoreAwayError(StoreError):
    """The database does not answer; what does not need it goes on, and it is tried again."""

    code = "store_away"


class SpoolFullError(StoreError):
    """What waits on disk for a store that is away has no room for more; the caller keeps what it has."""

    code = "spool_full"


class StoreHeldError(StoreError):
    """Another process keeps the journal; two would each send the other's orders again."""

    code = "store_held"


class TakenOverError(TradewindError):
    """Another process does this one's work now; only a new start finds back to the present state."""

    code = "taken_over"


class InputError(TradewindError):
    """Input from outside was refused; nothing else is disturbed."""

    code = "input"


class ReplayFileError(InputError):
    """A recording is missing, truncated, of a foreign layout, or holds impossible columns."""

    code = "replay_file"


class MalformedTickError(InputError):
    """One tick could not be read."""

    code = "malformed_tick"


class MalformedCommandError(InputError):
    """A client's command could not be understood; `code` says why in the protocol's words."""

    code = "malformed_command"


class UnknownInstrumentError(InputError):
    """No instrument of that id is in the tables; its multiplier and tick size are unknown."""

    code = "unknown_instrument"


class StrategyError(TradewindError):
    """A strategy could not be loaded, or returned what no strategy may return."""

    code = "strategy"


class AnswerRefusedError(StrategyError):
    """A strategy answered what no strategy may answer; `reason` is stable and short, for counters."""

    code = "answer_refused"

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class StateConflictError(TradewindError):
    """The thing changed since the caller read it."""

    code = "state_conflict"


class NotAuthenticatedError(TradewindError):
    """The caller did not prove who they are."""

    code = "not_authenticated"


class NotAllowedError(TradewindError):
    """The caller is known and may not do this."""

    code = "not_allowed"
