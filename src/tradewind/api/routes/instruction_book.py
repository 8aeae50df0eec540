"""The instruction book over REST: write, approve, take, work and close instructions, and follow how far they got.

What changes something needs an `Idempotency-Key`, as at the desk. A decision names the version it was made on; where
somebody has changed the instruction since, the answer is 409.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from tradewind.api.admission import signed_in
from tradewind.api.basket import LARGEST_BODY, wishes_of
from tradewind.api.book_forms import (
    ActForm,
    AmendForm,
    ApproveForm,
    BasketForm,
    DraftForm,
    FillForm,
    OpportunityForm,
    ReassignForm,
    RejectForm,
    ResumeForm,
    SendForm,
    StopForm,
    WaiveForm,
)
from tradewind.api.desk_door import Web, ask, carry_out, reach_of, signed, the_desk
from tradewind.api.injected import TheHouse
from tradewind.api.sheets import book_sheet
from tradewind.api.strictness import strictly
from tradewind.domain import book_messages as book
from tradewind.domain.book import AdjustmentStatus
from tradewind.domain.book_messages import BOOK_NEEDS
from tradewind.domain.instruction import InstructionStatus
from tradewind.domain.message import Ask, Directive

_TAGS = ["instruction book"]
_HOME = "/api/v1/instruction-book"
_ONE = f"{_HOME}/{{instruction_id:str}}"
Id = FromPath[str]
Status = Annotated[InstructionStatus | None, QueryParameter(name="status", description="Only those in this state.")]
Product = Annotated[str, QueryParameter(name="product", max_length=32, description="Only this product's.")]
Account = Annotated[str, QueryParameter(name="account", max_length=50, description="Only this account's.")]
Contract = Annotated[str, QueryParameter(name="instrument", max_length=40, description="Only those with it.")]
Person = Annotated[str, QueryParameter(max_length=64, description="Only those that they wrote or work.")]
After = Annotated[str, QueryParameter(max_length=200, description="`next` of the page before.")]
PageSize = Annotated[int, QueryParameter(ge=1, le=500, description="Entries of a page.")]
LineStatus = Annotated[AdjustmentStatus | None, QueryParameter(name="status", description="Only lines in this state.")]
Kind = Annotated[Literal["csv", "xlsx"], QueryParameter(description="Which kind of file.")]


def _for(message: type[Ask | Directive]) -> dict[str, Any]:
    """Return what a route that sends this message asks of callers."""
    return signed_in(BOOK_NEEDS[message])


@get(_HOME, opt=_for(book.AskBook), tags=_TAGS)
async def entries(
    *,
    request: Web,
    house: TheHouse,
    wanted: Status = None,
    product: Product = "",
    account: Account = "",
    instrument: Contract = "",
    person: Person = "",
    after: After = "",
    limit: PageSize = 100,
) -> Any:  # noqa: ANN401 - the desk's own structs, here and below
    """List the instructions at hand, the newest first, with the progress of each line; older ones are in the record."""
    return await ask(
        request,
        house,
        book.AskBook(
            status=() if wanted is None else (wanted,),
            product_code=product,
            account_id=account,
            instrument_id=instrument,
            person=person,
            after=after,
            limit=limit,
        ),
    )


@get(f"{_HOME}/to-adjust", opt=_for(book.AskToAdjust), tags=_TAGS)
async def to_adjust(request: Web, house: TheHouse) -> Any:  # noqa: ANN401
    """List the contracts whose positions approved instructions still want changed."""
    return await ask(request, house, book.AskToAdjust())


@get(f"{_HOME}/to-trade", opt=_for(book.AskToTrade), tags=_TAGS)
async def to_trade(*, request: Web, house: TheHouse, wanted: LineStatus = None) -> Any:  # noqa: ANN401
    """List the adjustments that wait for a trader, line by line."""
    return await ask(request, house, book.AskToTrade(status=wanted))


@get(_ONE, opt=_for(book.AskBookEntry), tags=_TAGS)
async def entry(request: Web, house: TheHouse, instruction_id: Id) -> Any:  # noqa: ANN401
    """Return one instruction: each line's progress, average price and slippage, its sends, what may be done with it."""
    return await ask(request, house, book.AskBookEntry(instruction_id=instruction_id))


@get(f"{_ONE}/timeline", opt=_for(book.AskTimeline), tags=_TAGS)
async def timeline(request: Web, house: TheHouse, instruction_id: Id) -> Any:  # noqa: ANN401
    """List who did what with it, when, by which door and why."""
    return await ask(request, house, book.AskTimeline(instruction_id=instruction_id))


@get(f"{_ONE}/details", opt=_for(book.AskDetails), tags=_TAGS)
async def details(request: Web, house: TheHouse, instruction_id: Id) -> Any:  # noqa: ANN401
    """List its orders and the fills made elsewhere, of which its progress consists."""
    return await ask(request, house, book.AskDetails(instruction_id=instruction_id))


@get(f"{_ONE}/what-if", opt=_for(book.AskBookWhatIf), tags=_TAGS)
async def what_if(request: Web, house: TheHouse, instruction_id: Id) -> Any:  # noqa: ANN401
    """Judge what is left of it without sending anything: each order's decision, margin, funds, limits after all."""
    return await ask(request, house, book.AskBookWhatIf(instruction_id=instruction_id))


@get(f"{_ONE}/sheet", opt=_for(book.AskBookEntry), tags=_TAGS, media_type="application/octet-stream")
async def sheet(*, request: Web, house: TheHouse, instruction_id: Id, kind: Kind = "csv") -> Response[bytes]:
    """Return its lines with their progress as a file for spreadsheets; cells that look like formulas are made text."""
    found: Any = await ask(request, house, book.AskBookEntry(instruction_id=instruction_id))
    told = msgspec.to_builtins(found, builtin_types=(Decimal,))
    content, media_type = book_sheet(told["adjustments"], kind)
    headers = {"content-disposition": f'attachment; filename="{told["instruction_id"]}.{kind}"'}
    return Response(content, media_type=media_type, headers=headers)


@post(
    f"{_HOME}/drafts",
    opt=_for(book.DraftInstruction),
    status_code=200,
    tags=_TAGS,
    request_max_body_size=LARGEST_BODY,
)
async def write(request: Web, house: TheHouse, data: JSONBody[DraftForm]) -> Any:  # noqa: ANN401
    """Write an instruction by targets, changes in lots or weights; positions are noted as they are now."""
    return await carry_out(request, house, book.DraftInstruction, data)


@post(
    f"{_HOME}/baskets",
    opt=_for(book.DraftInstruction),
    status_code=200,
    tags=_TAGS,
    request_max_body_size=LARGEST_BODY,
)
async def write_basket(request: Web, house: TheHouse, data: JSONBody[BasketForm]) -> Any:  # noqa: ANN401
    """Write an instruction from a CSV or XLSX table; a wrong cell is named and nothing of the table is taken."""
    form = await strictly(request, data)
    command = book.DraftInstruction(
        **signed(request),
        account_id=form.account_id,
        product_code=form.product_code,
        strategy=form.strategy,
        is_submitted=form.is_submitted,
        draft=book.Draft(
            wishes=wishes_of(form.file_name, form.content),
            basis=form.basis,
            handling=form.handling,
            trader=form.trader,
            expires_at=form.expires_at,
            reason=form.reason or form.file_name,
        ),
    )
    return await the_desk(house).carry_out(command, reach_of(request, command))


@post(f"{_HOME}/from-opportunity", opt=_for(book.DraftFromOpportunity), status_code=200, tags=_TAGS)
async def follow(request: Web, house: TheHouse, data: JSONBody[OpportunityForm]) -> Any:  # noqa: ANN401
    """Write an instruction that follows an opportunity: its contract, its side, its price if wanted."""
    return await carry_out(request, house, book.DraftFromOpportunity, data)


@post(
    f"{_ONE}/amend",
    opt=_for(book.AmendInstruction),
    status_code=200,
    tags=_TAGS,
    request_max_body_size=LARGEST_BODY,
)
async def amend(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[AmendForm]) -> Any:  # noqa: ANN401
    """Write it anew; what was handed in must be approved again."""
    return await carry_out(request, house, book.AmendInstruction, data, instruction_id=instruction_id)


@post(f"{_ONE}/submit", opt=_for(book.SubmitInstruction), status_code=200, tags=_TAGS)
async def submit(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[ActForm]) -> Any:  # noqa: ANN401
    """Hand a draft in."""
    return await carry_out(request, house, book.SubmitInstruction, data, instruction_id=instruction_id)


@post(f"{_ONE}/withdraw", opt=_for(book.WithdrawInstruction), status_code=200, tags=_TAGS)
async def withdraw(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[ActForm]) -> Any:  # noqa: ANN401
    """Take it back; its live orders are cancelled, what was done stays done."""
    return await carry_out(request, house, book.WithdrawInstruction, data, instruction_id=instruction_id)


@post(f"{_ONE}/approve", opt=_for(book.ApproveInstruction), status_code=200, tags=_TAGS)
async def approve(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[ApproveForm]) -> Any:  # noqa: ANN401
    """Approve just the version that was looked at; never by who wrote it, never over the gate's refusal."""
    return await carry_out(request, house, book.ApproveInstruction, data, instruction_id=instruction_id)


@post(f"{_ONE}/reject", opt=_for(book.RejectInstruction), status_code=200, tags=_TAGS)
async def reject(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[RejectForm]) -> Any:  # noqa: ANN401
    """Refuse it for good, with a reason."""
    return await carry_out(request, house, book.RejectInstruction, data, instruction_id=instruction_id)


@post(f"{_ONE}/accept", opt=_for(book.AcceptInstruction), status_code=200, tags=_TAGS)
async def accept(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[ActForm]) -> Any:  # noqa: ANN401
    """Take it to work; slippage is counted from the prices of this moment."""
    return await carry_out(request, house, book.AcceptInstruction, data, instruction_id=instruction_id)


@post(f"{_ONE}/decline", opt=_for(book.DeclineInstruction), status_code=200, tags=_TAGS)
async def decline(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[ActForm]) -> Any:  # noqa: ANN401
    """Give it back before anything was sent."""
    return await carry_out(request, house, book.DeclineInstruction, data, instruction_id=instruction_id)


@post(f"{_ONE}/reassign", opt=_for(book.ReassignInstruction), status_code=200, tags=_TAGS)
async def reassign(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[ReassignForm]) -> Any:  # noqa: ANN401
    """Give it to another trader."""
    return await carry_out(request, house, book.ReassignInstruction, data, instruction_id=instruction_id)


@post(f"{_ONE}/sends", opt=_for(book.SendAdjustment), status_code=200, tags=_TAGS)
async def send(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[SendForm]) -> Any:  # noqa: ANN401
    """Send an adjustment or part of it to the market, by the algorithm named; each order passes the risk gate."""
    return await carry_out(request, house, book.SendAdjustment, data, instruction_id=instruction_id)


@post(f"{_ONE}/sends/stop", opt=_for(book.StopSend), status_code=200, tags=_TAGS)
async def stop(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[StopForm]) -> Any:  # noqa: ANN401
    """Stop one send or all: nothing more is asked for, what is live comes back."""
    return await carry_out(request, house, book.StopSend, data, instruction_id=instruction_id)


@post(f"{_ONE}/sends/resume", opt=_for(book.ResumeSend), status_code=200, tags=_TAGS)
async def resume(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[ResumeForm]) -> Any:  # noqa: ANN401
    """Go on with a stopped send."""
    return await carry_out(request, house, book.ResumeSend, data, instruction_id=instruction_id)


@post(f"{_ONE}/fills", opt=_for(book.RecordFill), status_code=200, tags=_TAGS)
async def record_fill(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[FillForm]) -> Any:  # noqa: ANN401
    """Record a fill made elsewhere: as progress, and with `is_booked` in the ledger too."""
    return await carry_out(request, house, book.RecordFill, data, instruction_id=instruction_id)


@post(f"{_ONE}/waive", opt=_for(book.WaiveAdjustment), status_code=200, tags=_TAGS)
async def waive(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[WaiveForm]) -> Any:  # noqa: ANN401
    """Say that what is left of an adjustment will not be done."""
    return await carry_out(request, house, book.WaiveAdjustment, data, instruction_id=instruction_id)


@post(f"{_ONE}/close", opt=_for(book.CloseInstruction), status_code=200, tags=_TAGS)
async def close(request: Web, house: TheHouse, instruction_id: Id, data: JSONBody[ActForm]) -> Any:  # noqa: ANN401
    """Put it away: what is done is done, what is left will not be."""
    return await carry_out(request, house, book.CloseInstruction, data, instruction_id=instruction_id)


BOOK_ROUTES = (
    entries, to_adjust, to_trade, entry, timeline, details, what_if, sheet, write, write_basket, follow, amend, submit,
    withdraw, approve, reject, accept, decline, reassign, send, stop, resume, record_fill, waive, close,
)  # fmt: skip
