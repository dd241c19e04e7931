"""Where something stands among its like: a number that a column keeps."""

from typing import Annotated

from pydantic import Field

Place = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]
