"""Every act of the page and the browser tests that do it: at a desk and on a phone, where it is a grave one.

A line names the component, what it sends, and the tests by name and parameters. `tests/architecture` holds the lines to
the sources of the page; while a named test runs, its pages must really send what its lines say (`tests/browser`).
"""

from __future__ import annotations

from typing import Final, NamedTuple

_DESK, _HAND = "[desktop-zh-dark]", "[phone-en-light]"
_BOOK: Final = "POST /api/v1/instruction-book"
_GRAVE: Final = "test_grave_acts.py::test_a_grave_act_is_asked_for_done_once_and_on_the_record"
_RIGHTS: Final = "test_acts_people.py::test_rights_change_only_after_what_is_given_and_taken_was_said"
_ROLES: Final = "test_acts_people.py::test_roles_products_and_groups_are_kept_changed_and_taken_away"
_OWN: Final = "test_acts_people.py::test_a_person_keeps_house_of_their_own_and_who_administers_takes_the_rest_away"
_MODULE: Final = "test_acts_fleet.py::test_a_module_is_let_in_named_closed_ended_and_taken_away"
_RUNS: Final = "test_acts_fleet.py::test_what_runs_is_cancelled_and_what_begins_by_itself_is_changed_and_taken_away"
_HANDS: Final = "test_acts_book.py::test_an_instruction_goes_through_every_hand"
_MANY: Final = "test_acts_book.py::test_many_lines_are_taken_sent_and_stopped_as_one"
_PLANS: Final = "test_acts_desk.py::test_strategies_and_plans_are_changed_stopped_and_started"
_ORDERS: Final = f"test_acts_desk.py::test_an_order_is_sent_cancelled_and_what_it_brought_is_closed{_HAND}"
_CASH: Final = f"test_acts_desk.py::test_cash_is_paid_out_and_trading_is_stopped_and_released{_HAND}"
_DAY: Final = f"test_acts_ops.py::test_a_recorded_day_is_played_driven_and_ended{_HAND}"
_TICKET: Final = "test_trading.py::test_a_ticket_becomes_a_position_that_moves_with_the_market_and_is_closed"
_PLAYED: Final = "test_ops_pages.py::test_a_recorded_day_is_played_beside_the_live_line_and_sought_in"
_FOLLOWED: Final = "test_instruction_book.py::test_an_opportunity_becomes_an_instruction_with_one_click"
_STATEMENT: Final = "test_money_pages.py::test_a_statement_that_differs_shows_why_and_is_confirmed_by_a_person"
_BROKER: Final = "test_broker_accounts.py::test_a_refused_login_is_mended_and_what_differs_is_shown"
_TALK: Final = "test_talk.py::test_ones_own_message_is_written_anew_and_taken_back_after_asking"
_READ: Final = "test_talk.py::test_what_is_seen_in_an_open_room_counts_as_read"
_PAUSED: Final = "test_replay_bar.py::test_a_paused_replay_stands_still_and_a_step_plays_one_tick"
_SPEED: Final = "test_replay_bar.py::test_speed_is_changed_from_the_page"
_REMEMBERED: Final = "test_shell.py::test_what_was_used_last_stands_first_at_another_machine"


class Line(NamedTuple):
    """One act of one component. `says`: what stands in the body, where a call is for several acts."""

    component: str
    call: str
    desk: str
    phone: str
    says: str = ""


def _both(component: str, call: str, test: str, says: str = "") -> Line:
    return Line(component, call, f"{test}{_DESK}", f"{test}{_HAND}", says)


def _sized(component: str, call: str, test: str, says: str = "") -> Line:
    return Line(component, call, f"{test}[desktop]", f"{test}[phone]", says)


GRAVE: Final = (
    # Orders, positions, money, and the brake.
    Line("desk/TicketConfirm.vue", "POST /api/v1/instructions", _TICKET, _ORDERS),
    Line("desk/CloseDialog.vue", "POST /api/v1/close", _TICKET, _ORDERS),
    Line("desk/CloseAllDialog.vue", "POST /api/v1/close", f"{_GRAVE}[close-all]", _ORDERS),
    Line("desk/CancelDialog.vue", "POST /api/v1/orders/cancel", f"{_GRAVE}[cancel-order]", _ORDERS),
    Line("desk/CashDialog.vue", "POST /api/v1/cash", f"{_GRAVE}[cash]", _CASH),
    Line("desk/StopDialog.vue", "POST /api/v1/emergency-stop", f"{_GRAVE}[emergency-stop]", _CASH),
    Line("desk/ReleaseDialog.vue", "POST /api/v1/trading-states", f"{_GRAVE}[resume]", _CASH),
    _sized("desk/StatementPanel.vue", "POST /api/v1/statements/confirm", _STATEMENT),
    _sized("desk/BrokerAccounts.vue", "POST /api/v1/broker-account", _BROKER, "log_in"),
    _sized("desk/BrokerAccounts.vue", "POST /api/v1/broker-account", _BROKER, "compare"),
    # Plans and strategies.
    _both("desk/PlanForm.vue", "POST /api/v1/plans", _PLANS),
    *(_both("desk/PlanActDialog.vue", f"POST /api/v1/plans/*/{act}", _PLANS) for act in ("start", "stop", "swap")),
    *(_both("desk/StrategyActDialog.vue", f"POST /api/v1/strategies/*/{act}", _PLANS) for act in ("start", "stop")),
    *(_both("desk/StrategyDialog.vue", f"POST /api/v1/strategies/*/{act}", _PLANS) for act in ("params", "reset")),
    # The instruction book.
    _both("pages/ComposePage.vue", f"{_BOOK}/drafts", _HANDS),
    _both("pages/ComposePage.vue", f"{_BOOK}/*/amend", _HANDS),
    _sized("pages/ComposePage.vue", f"{_BOOK}/from-opportunity", _FOLLOWED),
    *(
        _both("book/ActDialog.vue", f"{_BOOK}/*/{act}", _HANDS)
        for act in (
            "submit", "withdraw", "approve", "reject", "accept", "decline", "reassign", "sends", "sends/stop",
            "sends/resume", "fills", "waive", "close",
        )
    ),
    *(_both("book/BulkDialog.vue", f"{_BOOK}/*/{act}", _MANY) for act in ("accept", "sends", "sends/stop")),
    # The fleet.
    *(
        _both("fleet/ModuleActDialog.vue", f"POST /api/v1/modules/*/{act}", _MODULE)
        for act in ("admit", "close", "retire")
    ),
    _both("fleet/ModuleActDialog.vue", "POST /api/v1/modules/*/shutdown", _RUNS),
    _both("fleet/ModuleDialog.vue", "PUT /api/v1/modules/*", _MODULE),
    _both("fleet/SendDialog.vue", "POST /api/v1/jobs", _RUNS),
    _both("fleet/JobDetail.vue", "POST /api/v1/jobs/*/cancel", _RUNS),
    _both("fleet/WorkflowDialog.vue", "POST /api/v1/workflows", _RUNS),
    _both("fleet/FleetWorkflows.vue", "POST /api/v1/workflows/*/execute", _RUNS),
    _both("fleet/FleetWorkflows.vue", "POST /api/v1/jobs/*/cancel", _RUNS),
    _both("fleet/FleetWorkflows.vue", "DELETE /api/v1/workflows/*", _RUNS),
    _both("fleet/ScheduleDialog.vue", "PUT /api/v1/schedules/*", _RUNS, '"plan":{'),
    _both("fleet/FleetSchedules.vue", "PUT /api/v1/schedules/*", _RUNS, '"is_enabled":false'),
    _both("fleet/FleetSchedules.vue", "POST /api/v1/jobs", _RUNS),
    _both("fleet/FleetSchedules.vue", "POST /api/v1/workflows/*/execute", _RUNS),
    _both("fleet/FleetSchedules.vue", "DELETE /api/v1/schedules/*", _RUNS),
    # The market's own: the main contract, a recorded day beside the line.
    Line(
        "components/MainContractPanel.vue", "POST /api/v1/main-contract",
        "test_main_contract.py::test_the_main_contract_is_switched_with_a_second_confirmation",
        f"test_acts_desk.py::test_the_main_contract_is_switched_with_a_finger{_HAND}",
    ),
    Line("ops/ReplayDialog.vue", "POST /api/v1/ops/replays", _PLAYED, _DAY),
    Line("ops/ReplayEndDialog.vue", "DELETE /api/v1/ops/replays/*", _PLAYED, _DAY),
    *(
        Line("components/ReplayBar.vue", f"POST /api/v1/replay/{act}", _PAUSED, _DAY)
        for act in ("pause", "step", "resume")
    ),
    Line("components/ReplayBar.vue", "POST /api/v1/replay/seek", _PLAYED, _DAY),
    Line("components/ReplayBar.vue", "POST /api/v1/replay/speed", _SPEED, _DAY),
    # People, what they may do, and what proves that it is them.
    _both("people/UserDialog.vue", "POST /api/v1/admin/users", _RIGHTS),
    _both("people/UserDialog.vue", "PUT /api/v1/admin/users/*", _RIGHTS, '"grants"'),
    _both("people/UserStateDialog.vue", "PUT /api/v1/admin/users/*", _RIGHTS, '"is_disabled":true'),
    _both("people/UserStateDialog.vue", "PUT /api/v1/admin/users/*", _RIGHTS, '"is_disabled":false'),
    _both("people/PasswordDialog.vue", "POST /api/v1/admin/users/*/password", _RIGHTS),
    _both("people/RoleDialog.vue", "PUT /api/v1/admin/roles/*", _ROLES),
    _both("people/AdminRoles.vue", "DELETE /api/v1/admin/roles/*", _ROLES),
    _both("people/AdminProducts.vue", "PUT /api/v1/admin/products/*", _ROLES),
    _both("people/AdminGroups.vue", "POST /api/v1/admin/group-grants", _ROLES),
    _both("people/AdminGroups.vue", "DELETE /api/v1/admin/group-grants/*", _ROLES),
    _both("people/AdminKeys.vue", "DELETE /api/v1/admin/keys/*", _OWN),
    _both("people/AdminSessions.vue", "DELETE /api/v1/sessions/*", _OWN),
    _both("people/MySessions.vue", "DELETE /api/v1/sessions/*", _OWN),
    _both("people/MyKeys.vue", "POST /api/v1/me/keys", _OWN),
    _both("people/MyKeys.vue", "DELETE /api/v1/me/keys/*", _OWN),
    _both("people/MyPassword.vue", "POST /api/v1/me/password", _OWN),
    _both("people/MyTotp.vue", "POST /api/v1/me/totp", _OWN),
    _both("people/MyTotp.vue", "POST /api/v1/me/totp/confirm", _OWN),
    _both("people/MyTotp.vue", "POST /api/v1/me/totp/remove", _OWN),
    _both("pages/LoginPage.vue", "POST /api/v1/me/password", _OWN),
    _both("pages/LoginPage.vue", "POST /api/v1/session", _OWN),
)  # fmt: skip
"""What cannot be taken back, or what others feel: done at a desk and on a phone."""

LIGHT: Final = {
    ("app/AppHeader.vue", "DELETE /api/v1/session"): "test_sign_in.py::test_signing_out_ends_at_the_sign_in_page",
    ("office/OfficeTools.vue", "DELETE /api/v1/session"): "test_lists_and_panels.py::test_a_phone_can_sign_out",
    ("frame/commands.ts", "DELETE /api/v1/session"): "test_shell.py::test_the_palette_signs_out",
    ("components/QuoteDetail.vue", "POST /api/v1/quotes/*/test"): _ORDERS,
    ("state/own_desk.ts", "PUT /api/v1/me/desk"): _REMEMBERED,
    ("talk/ChatComposer.vue", "POST /api/v1/chat/rooms/*/messages"): _TALK,
    ("talk/ChatLine.vue", "POST /api/v1/chat/messages/*/edit"): _TALK,
    ("talk/ChatLine.vue", "POST /api/v1/chat/messages/*/delete"): _TALK,
    ("talk/chat.ts", "POST /api/v1/chat/rooms/*/read"): _READ,
    ("talk/notices.ts", "POST /api/v1/notices/read"): "test_talk.py::test_a_halt_rings_the_bell_and_is_read",
    ("talk/NoticePreferences.vue", "POST /api/v1/notices/preferences"): (
        "test_talk.py::test_quiet_hours_and_channels_are_kept"
    ),
    ("talk/Deliveries.vue", "POST /api/v1/deliveries/*/retry"): (
        f"test_acts_ops.py::test_what_was_given_up_is_sent_again{_HAND}"
    ),
}  # fmt: skip
"""What touches nobody but oneself, or nothing that matters: done once, at any seat."""

QUESTIONS: Final = ("/what-if", "/preview")
"""How a call ends that only asks."""

TELLING: Final = {
    "book/BasketDialog.vue": "takes lines into what is being written",
    "book/BlotterKeys.vue": "tells the keys",
    "desk/OrderDetail.vue": "tells of an order",
    "frame/HelpSheet.vue": "tells the keys",
    "money/DayDialog.vue": "tells of a day",
    "people/PreviewDialog.vue": "tells what somebody would see",
}
"""Dialogs that set nothing going."""
