"""A resource that fails again and again is asked less often, so that it delays no mail. Pure."""

from dataclasses import dataclass, field

FAILURES = 3
"""In a row; then it rests."""

FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 30.0, 600.0
PROBE_SECONDS = 10.0
"""After a rest one question is tried; the others wait so long for what comes of it."""


@dataclass
class _Standing:
    failures: int = 0
    until: float = 0.0


@dataclass
class Rests:
    """How the resources of each tenant stand. Moments are seconds of a clock that never goes back."""

    _standing: dict[tuple[str, str], _Standing] = field(default_factory=dict)

    def may_ask(self, tenant: str, resource: str, now: float) -> bool:
        standing = self._standing.get((tenant, resource))
        if standing is None or standing.failures < FAILURES:
            return True
        if now < standing.until:
            return False
        standing.until = now + PROBE_SECONDS
        return True

    def failed(self, tenant: str, resource: str, now: float) -> bool:
        """Note a failure; True when the rest begins with it."""
        standing = self._standing.setdefault((tenant, resource), _Standing())
        standing.failures += 1
        if standing.failures >= FAILURES:
            rest = FIRST_REST_SECONDS * 2.0 ** min(standing.failures - FAILURES, 10)
            standing.until = now + min(rest, LONGEST_REST_SECONDS)
        return standing.failures == FAILURES

    def answered(self, tenant: str, resource: str) -> bool:
        """Note an answer; True when it rested before."""
        standing = self._standing.pop((tenant, resource), None)
        return standing is not None and standing.failures >= FAILURES
