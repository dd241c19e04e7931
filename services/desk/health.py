"""Alive, and ready: for whoever watches the process."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.desk.desk import TheDesk
from shared.storage.faults import unreachable

router = APIRouter(tags=["health"])


@router.get("/health", summary="Is the process alive?")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/ready", summary="Can it do its work?", responses={503: {"description": "Not now, and why."}})
async def ready(desk: TheDesk) -> JSONResponse:
    reasons = [reason] if (reason := await unreachable(desk.engine)) else []
    if desk.transport is not None and (reason := await desk.transport.unready()):
        reasons.append(f"messages: {reason}")
    status = {"status": "unready" if reasons else "ok", "reasons": reasons}
    return JSONResponse(status, 503 if reasons else 200)
