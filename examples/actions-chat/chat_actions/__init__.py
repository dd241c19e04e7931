"""Actions of your own: `tell_chat` has an entry point, `Escalate` is named in a configuration file."""

from chat_actions.escalating import Escalate
from chat_actions.telling import TellChat

__all__ = ["Escalate", "TellChat"]
