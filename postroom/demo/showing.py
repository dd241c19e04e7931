"""The demo that a person looks at: sample mail, customers who answer, the desk."""

from collections.abc import Mapping

from shared.settings import ProcessSettings


async def show(settings: ProcessSettings, options: Mapping[str, object], port: int) -> None:
    raise NotImplementedError
