"""The JSON API, `/api/v1`."""

from fastapi import APIRouter

ABOUT = "x"
router = APIRouter(prefix="/api/v1")
