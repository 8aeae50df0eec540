"""A module of system 002 as a program: `python control_worker.py HOST:PORT FOLDER`; registers once, works until killed.

It writes each execution it did into a file of its folder, so that one can see afterwards who did what how often.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from old_module import OldModule, register


async def main(address: str, folder: Path) -> None:
    hash_file, done_file = folder / "module_hash.txt", folder / "done.txt"
    while not hash_file.exists():
        try:
            hash_file.write_text(register(address)["result"]["hash"])
        except OSError:
            await asyncio.sleep(0.2)

    async def work(args: dict[str, Any]) -> Any:
        await asyncio.sleep(0.05)
        with done_file.open("a") as file:
            file.write(f"{args['codes'][0]}\n")
        return {"codes": args["codes"], "by": folder.name}

    await OldModule(address, hash_file.read_text(), work).run_for_ever()


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
