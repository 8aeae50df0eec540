"""The locale that CTP's library needs: looked for, made where that is possible, else refused with the remedy.

Without `zh_CN.GB18030` the import of the library ends the whole process and no Python error says why.
"""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tradewind.errors import ConfigError

NAME: Final = "zh_CN.GB18030"
_PATH: Final = "LOCPATH"
_MAKING_S: Final = 120
_REMEDY: Final = (
    "as root: `apt-get install -y locales && localedef -i zh_CN -f GB18030 zh_CN.GB18030`; without root: "
    "`localedef -i zh_CN -f GB18030 --no-archive {folder}/zh_CN.GB18030` on a machine that has the package locales"
)


def is_there() -> bool:
    """Tell whether this process could use the locale; changes nothing."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, NAME)
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return True


def prepare(folder: Path) -> str:
    """Make the locale usable in this process, compiled into `folder` where the machine lacks it; before the import.

    Returns where it came from: `system` or the folder.

    Raises: ConfigError: it can be neither found nor made; says what to do.
    """
    if is_there():
        return "system"
    if not (folder / NAME).is_dir():
        _compile(folder)
    # glibc looks at it anew at every setlocale, so it also works from within.
    os.environ[_PATH] = str(folder)
    if not is_there():
        message = f"the locale {NAME} in {folder} cannot be used; remove it and start again, or {_remedy(folder)}"
        raise ConfigError(message)
    return str(folder)


def _compile(folder: Path) -> None:
    """Compile the locale from the machine's sources, which takes some seconds, once.

    Raises: ConfigError: there is no compiler or no source.
    """
    compiler = shutil.which("localedef")
    if compiler is None:
        message = f"CTP's library needs the locale {NAME}, and there is no localedef to make it; {_remedy(folder)}"
        raise ConfigError(message)
    # Two children may be at it at once: each in a place of its own, and the first to be ready wins.
    own = folder / f"making-{os.getpid()}" / NAME
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(  # noqa: S603 - the system's own tool with fixed arguments
            [compiler, "-i", "zh_CN", "-f", "GB18030", "--no-archive", str(own)],
            check=False,
            capture_output=True,
            text=True,
            timeout=_MAKING_S,
        )
        if own.is_dir() and (own / "LC_CTYPE").is_file():
            if not (folder / NAME).is_dir():
                own.rename(folder / NAME)
            return
        said = (made.stderr.strip().splitlines() or ["nothing"])[-1]
    except (OSError, subprocess.TimeoutExpired) as error:
        if (folder / NAME).is_dir():
            return
        said = str(error)
    finally:
        shutil.rmtree(own.parent, ignore_errors=True)
    message = f"CTP's library needs the locale {NAME}, and localedef said: {said}; {_remedy(folder)}"
    raise ConfigError(message)


def _remedy(folder: Path) -> str:
    return _REMEDY.format(folder=folder)
