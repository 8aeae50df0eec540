"""Opportunities in, every one to every WebSocket: `streamer.py PORT`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from contracts import OPPORTUNITIES_WS
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from streams import connect

clients: set[WebSocket] = set()


async def broadcast() -> None:
    async with connect().pubsub() as channel:
        await channel.subscribe(OPPORTUNITIES_WS)
        async for message in channel.listen():
            if message["type"] == "message":
                text = message["data"].decode()
                for client in list(clients):
                    await client.send_text(text)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(broadcast())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.websocket("/ws/opportunities")
async def opportunities(socket: WebSocket) -> None:
    await socket.accept()
    clients.add(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        clients.discard(socket)


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False, ws="websockets-sansio"
    )
