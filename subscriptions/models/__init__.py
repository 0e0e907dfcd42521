"""Topics, the people and machines who listen to them, and what they agreed to."""

from subscriptions.models.consent import ConsentRecord, Suppression
from subscriptions.models.endpoint import Endpoint
from subscriptions.models.outbox import OutboxMessage, SignInLink
from subscriptions.models.subscriber import SignUp, Subscriber
from subscriptions.models.subscription import Frequency, Subscription
from subscriptions.models.topic import Topic

__all__ = [
    "ConsentRecord",
    "Endpoint",
    "Frequency",
    "OutboxMessage",
    "SignInLink",
    "SignUp",
    "Subscriber",
    "Subscription",
    "Suppression",
    "Topic",
]
