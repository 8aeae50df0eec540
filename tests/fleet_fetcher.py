"""A fetcher of quotes that stores into a file and does as told by files beside it; also one that packages may offer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tradewind.collector.ports import FetchedQuotes, Quote, Tell
from tradewind.collector.protocol_jobs import Collection
from tradewind.errors import TransientError
from tradewind.runtime.settings import TradewindSettings


class FileFetcher:
    """Adds each fetch to `fetched.txt` once it is done. It waits while there is a file `wait`, and fails on `fail`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def begun(self) -> list[str]:
        return self._lines("begun.txt")

    @property
    def done(self) -> list[str]:
        return self._lines("fetched.txt")

    async def fetch(self, codes: Sequence[str], *, collection: Collection, on_progress: Tell) -> FetchedQuotes:
        self._add("begun.txt", f"{collection} {','.join(codes)}")
        on_progress(0, len(codes))
        while (self.folder / "wait").exists():  # noqa: ASYNC110 - a test in another process may hold us
            await asyncio.sleep(0.002)
        if (self.folder / "fail").exists():
            message = "the provider does not answer"
            raise TransientError(message)
        if (self.folder / "crash").exists():
            raise ZeroDivisionError
        self._add("fetched.txt", f"{collection} {','.join(codes)}")
        on_progress(len(codes), len(codes))
        quotes = [code for code in codes if not code.startswith("NONE")]
        return FetchedQuotes(
            quotes=tuple(
                Quote(code=code, at_ms=1_750_177_346_523, price="5188.211", volume="3.0", turnover="15564.6330")
                for code in quotes
            ),
            refused={code: "the provider [knows] no such symbol" for code in codes if code.startswith("NONE")},
            stored=len(quotes),
            requests=1,
        )

    def _add(self, name: str, line: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def _lines(self, name: str) -> list[str]:
        file = self.folder / name
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@asynccontextmanager
async def open_fetcher(settings: TradewindSettings) -> AsyncIterator[FileFetcher]:
    """Offered to processes by an entry point; works in the folder of the platform's data."""
    yield FileFetcher(Path(settings.data_dir) / "fetcher")


def offer(folder: Path) -> None:
    """Put a package into `folder` that offers this fetcher by the name of `files`."""
    about = folder / "fleet_fetcher-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fleet-fetcher\nVersion: 1\n", encoding="utf-8")
    points = "[tradewind.quote_fetchers]\nfiles = fleet_fetcher:open_fetcher\n"
    (about / "entry_points.txt").write_text(points, encoding="utf-8")
