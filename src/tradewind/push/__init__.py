"""Push: everything live, to browsers and programs over WebSocket, as docs/push-protocol.md says.

Reads: every topic of the line, and the system's state once a second. Writes: no topic.
Never waits for a client: a slow one is conflated, reset or sent away, the others do not notice.
Main type: `PushService`.
"""

from tradewind.push.ports import Admission, Gate
from tradewind.push.service import PushService
from tradewind.push.settings import PushSettings

__all__ = ["Admission", "Gate", "PushService", "PushSettings"]
