"""Secrets among what an action is told: checked while they can be seen, then sealed."""

import base64
import binascii
from collections.abc import Callable

from services.desk.configuration.triggers import TriggerSettings
from shared.plugins.loading import plugin
from shared.plugins.sealing import MARK, sealed_params, secrets_of

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of the secret of a webhook, as Standard Webhooks says."""


def sealed_settings(wanted: TriggerSettings, seal: Callable[[str], bytes]) -> TriggerSettings:
    """Return a trigger as it may be saved, kept in history and told: without a secret that can be read.

    A secret that is none is left out, which its action then refuses.

    Raises:
        Permanent: nothing is installed under the action's name; or whatever `seal` raises.
    """
    model = plugin("postroom.actions", wanted.action).params
    secret = secrets_of(model)
    if not secret.keys() & wanted.params.keys():
        return wanted
    kept = {
        name: "" if secret.get(name) == "whsec" and not _is_whsec(str(value)) else value
        for name, value in wanted.params.items()
    }
    return wanted.model_copy(update={"params": sealed_params(model, kept, seal)})


def _is_whsec(text: str) -> bool:
    text = text.strip()
    if text.startswith(MARK):
        return True
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(PREFIX) and SHORTEST <= len(key) <= LONGEST
