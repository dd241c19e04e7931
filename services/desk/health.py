"""Alive, and ready: for whoever watches the process."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from services.desk.desk import TheDesk

router = APIRouter(tags=["health"])


@router.get("/health", summary="Is the process alive?")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/ready", summary="Can it do its work?", responses={503: {"description": "Not now, and why."}})
async def ready(desk: TheDesk) -> JSONResponse:
    reasons = []
    try:
        async with desk.engine.connect() as db:
            await db.execute(text("SELECT 1"))
    except (OSError, SQLAlchemyError) as error:
        reasons.append(f"database: {type(error).__name__}")
    if desk.transport is not None and (reason := await desk.transport.unready()):
        reasons.append(f"messages: {reason}")
    status = {"status": "unready" if reasons else "ok", "reasons": reasons}
    return JSONResponse(status, 503 if reasons else 200)
