"""Topics, the people and machines who listen to them, and what they agreed to."""

from subscriptions.models.address_change import AddressChange
from subscriptions.models.browser import Browser, BrowserConsent, BrowserSubscription
from subscriptions.models.category import Branch, Category, Tree
from subscriptions.models.consent import ConsentRecord, Suppression
from subscriptions.models.endpoint import Endpoint
from subscriptions.models.leaving import LeavingCount
from subscriptions.models.network import PartnerPin, RelatedTopic, TopicStock
from subscriptions.models.outbox import OutboxMessage, SignInLink
from subscriptions.models.place import BrowserArea, Place, SubscriberArea
from subscriptions.models.source import Source, SourceCount
from subscriptions.models.subscriber import SignUp, Subscriber
from subscriptions.models.subscription import Frequency, Subscription
from subscriptions.models.timetable import ReadingTime, Timetable
from subscriptions.models.topic import Topic

__all__ = [
    "AddressChange",
    "Branch",
    "Browser",
    "BrowserArea",
    "BrowserConsent",
    "BrowserSubscription",
    "Category",
    "ConsentRecord",
    "Endpoint",
    "Frequency",
    "LeavingCount",
    "OutboxMessage",
    "PartnerPin",
    "Place",
    "ReadingTime",
    "RelatedTopic",
    "SignInLink",
    "SignUp",
    "Source",
    "SourceCount",
    "Subscriber",
    "SubscriberArea",
    "Subscription",
    "Suppression",
    "Timetable",
    "Topic",
    "TopicStock",
    "Tree",
]
