"""`tradewind dashboard`: a terminal application over push, in 80 columns by 24 lines or more.

It draws what changed four times a second, and only the page in view; it never asks twice for what push tells.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import DataTable, Footer, Input, Log, Static, TabbedContent, TabPane

from tradewind.errors import TradewindError
from tradewind.ops.board import TOPICS, Board
from tradewind.runtime.terminal.follower import Follower, LinkState, Wish
from tradewind.runtime.terminal.panels import HELP, PAGES, Page, Panel

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType

    from tradewind.runtime.terminal.door import Door

W = TypeVar("W", bound=Widget)
_DRAW_S: Final = 0.25
_LOOK_S: Final = 1.0
_LOGS: Final = "logs-page"
_WISHES: Final = {topic: Wish() for topic in TOPICS} | {"quotes": Wish(interval_ms=500)}


class HelpScreen(ModalScreen[None]):
    """The keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "dismiss", "back")]
    CSS = "HelpScreen { align: center middle; } #help { width: 78; height: auto; border: round $accent; padding: 1 2; }"

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        yield Static(HELP, id="help", markup=False)


class Dashboard(App[int]):
    """The application.

    `fresh_lines` gives what services wrote since it was last asked, where they write to files; `far` how far streams
    between processes and their readers are, where there are such. Both may wait and are asked in threads.
    """

    TITLE = "Tradewind"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #top { height: 1; background: $primary; color: $text; }
    #top.is-lost { background: $error; }
    TabPane { padding: 0; }
    DataTable { height: 1fr; }
    .caption { height: 1; color: $accent; }
    #needle { display: none; height: 1; border: none; }
    #needle.is-shown { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(page.key, f"show('{page.pane}')", page.title, show=False) for page in PAGES),
        Binding("8", f"show('{_LOGS}')", "Logs", show=False),
        Binding("slash", "find", "find"),
        Binding("p", "pause", "pause"),
        Binding("r", "redraw", "redraw"),
        Binding("question_mark", "help", "keys"),
        Binding("q,ctrl+c", "quit", "quit", priority=False),
    ]

    def __init__(
        self, door: Door, *, fresh_lines: Callable[[], list[str]] = list, far: Callable[[], list[list[str]]] = list
    ) -> None:
        super().__init__()
        self.board = Board()
        self.link = (LinkState.CONNECTING, door.address)
        self.refusal: TradewindError | None = None
        """Why we were not let in, when that has ended the application."""
        self._follower = Follower(
            door, _WISHES, on_events=self._take, on_state=self._note, waits_first=True, takes_what_is_offered=True
        )
        self._fresh_lines = fresh_lines
        self._far = far
        self._drawn: dict[str, tuple[int, str]] = {}
        self._lines_drawn = 0
        self._needle = ""
        self._is_paused = False

    def compose(self) -> ComposeResult:
        """Lay out the pages."""
        yield Static("", id="top", markup=False)
        with TabbedContent(initial=PAGES[0].pane, id="pages"):
            for page in PAGES:
                with TabPane(f"{page.key} {page.title}", id=page.pane):
                    yield from _laid_out(page)
            with TabPane("8 Logs", id=_LOGS), Vertical():
                yield Log(id="log", max_lines=1_000)
        yield Input(id="needle", placeholder="rows that hold …", compact=True)
        yield Footer()

    def on_mount(self) -> None:
        """Begin to follow and to draw."""
        self.run_worker(self._follow(), name="follower")
        self.set_interval(_DRAW_S, self.draw)
        self.run_worker(self._look(), name="looks")
        self._found(f"#{PAGES[0].panels[0].name}", DataTable).focus()

    def draw(self) -> None:
        """Draw the first line, and what has changed of the page in view."""
        if not (self.screen_stack and self.screen_stack[0].query("#top")):
            return  # the pages are being taken down
        self._draw_top()
        if self._is_paused:
            return
        active = self._pages.active
        if active == _LOGS:
            self._draw_log()
        for page in PAGES:
            if page.pane == active:
                for panel in page.panels:
                    self._draw_table(panel)

    def action_show(self, name: str) -> None:
        """Show a page, its first table under the keys."""
        self._pages.active = name
        page = next((page for page in PAGES if page.pane == name), None)
        self._found(f"#{page.panels[0].name}" if page is not None else "#log", Widget).focus()
        self.draw()

    def action_find(self) -> None:
        """Ask for a text that rows must hold."""
        needle = self._found("#needle", Input)
        needle.add_class("is-shown")
        needle.focus()

    def action_pause(self) -> None:
        """Stand still, or go on."""
        self._is_paused = not self._is_paused
        self.draw()

    def action_redraw(self) -> None:
        """Draw everything anew."""
        self._drawn.clear()
        self.refresh(layout=True)
        self.draw()

    async def action_help(self) -> None:
        """Show the keys."""
        await self.push_screen(HelpScreen())

    async def action_quit(self) -> None:
        """End."""
        self.exit(0)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Choose rows while a text is typed."""
        self._needle = event.value.strip()
        self.draw()

    def on_input_submitted(self, _event: Input.Submitted) -> None:
        """Keep the choice and give the keys back."""
        self._leave_needle()

    def on_key(self, event: Any) -> None:  # noqa: ANN401 - textual's event
        """End the choice of rows with escape."""
        if event.key == "escape" and self._is_finding:
            self._found("#needle", Input).value = ""
            self._leave_needle()

    @property
    def _pages(self) -> TabbedContent:
        return self._found("#pages", TabbedContent)

    def _found(self, name: str, kind: type[W]) -> W:
        """Return a widget of the pages, whatever screen is above them."""
        return self.screen_stack[0].query_one(name, kind)

    @property
    def _is_finding(self) -> bool:
        return self._found("#needle", Input).has_class("is-shown")

    def _leave_needle(self) -> None:
        if not self._needle:
            self._found("#needle", Input).remove_class("is-shown")
        self.action_show(self._pages.active)

    async def _follow(self) -> None:
        try:
            await self._follower.run()
        except TradewindError as error:
            self.refusal = error
            self.exit(1)

    def _take(self, topic: str, events: list[dict[str, Any]], is_snapshot: bool) -> None:  # noqa: FBT001 - the follower's call
        self.board.take(topic, events, is_snapshot)

    def _note(self, state: LinkState, text: str) -> None:
        self.link = (state, text)
        self.board.tell(f"connection: {state.value}, {text}")

    async def _look(self) -> None:
        """Ask again and again what push does not tell."""
        while True:
            for line in await asyncio.to_thread(self._fresh_lines):
                self.board.tell(line)
            if found := await asyncio.to_thread(self._far):
                self.board.take_far(found)
            await asyncio.sleep(_LOOK_S)

    def _draw_top(self) -> None:
        state, text = self.link
        is_live = state is LinkState.LIVE
        top = self._found("#top", Static)
        top.set_class(not is_live, "is-lost")
        mark = "PAUSED " if self._is_paused else ""
        found = f" · rows with {self._needle!r}" if self._needle else ""
        top.update(f"{mark}{state.value} · {self.board.title() if is_live else text}{found}")

    def _draw_table(self, panel: Panel) -> None:
        stamp = (self.board.changes[panel.topic], self._needle)
        if self._drawn.get(panel.name) == stamp:
            return
        self._drawn[panel.name] = stamp
        table = self._found(f"#{panel.name}", DataTable)
        at = table.cursor_coordinate
        rows = panel.rows(self.board, self._needle)
        table.clear()
        for row in rows:
            table.add_row(*(_cell(text, is_right) for text, is_right in zip(row, panel.rights, strict=True)))
        with contextlib.suppress(IndexError):
            table.move_cursor(row=min(at.row, max(0, len(rows) - 1)), column=at.column)

    def _draw_log(self) -> None:
        fresh = min(self.board.told - self._lines_drawn, len(self.board.lines))
        self._lines_drawn = self.board.told
        if fresh > 0:
            self._found("#log", Log).write_lines(list(self.board.lines)[-fresh:])


def _laid_out(page: Page) -> ComposeResult:
    with Vertical():
        for panel in page.panels:
            if len(page.panels) > 1:
                yield Static(panel.name.replace("_", " "), classes="caption", markup=False)
            table: DataTable[Text] = DataTable(id=panel.name, cursor_type="row", zebra_stripes=True)
            table.add_columns(
                *(_cell(head, is_right) for head, is_right in zip(panel.heads, panel.rights, strict=True))
            )
            table.styles.height = panel.share
            yield table


def _cell(text: str, is_right: bool) -> Text:  # noqa: FBT001 - of two, this one says how
    """Return a cell as it is: a text alone would be read for markup."""
    return Text(text, justify="right" if is_right else "left", no_wrap=True)
