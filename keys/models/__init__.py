from keys.gateways import GatewayCredential, GatewaySecret, GatewayUse
from keys.limits.rules import LimitRule
from keys.models.deliveries import DeliveryLink
from keys.models.expiries import ExpiryMark
from keys.models.feeds import FeedConfirmation, FeedReader, GatewayRevision
from keys.models.job_lengths import JobLength
from keys.models.key_uses import KeyUse
from keys.models.keys import ApiKey, ApiKeyQuerySet
from keys.models.leaks import LeakReport
from keys.models.pilot_criteria import PilotCriterion
from keys.models.pilot_marks import PilotMark
from keys.models.refusals import Refusal
from keys.models.saved_views import SavedView
from keys.models.secrets import KeySecret, SecretUse
from keys.models.traffic import DecisionHour, DecisionMinute, FlushReceipt, SecretHour
from keys.models.window_uses import WindowUse
from keys.pilots import Pilot

__all__ = [
    "ApiKey",
    "ApiKeyQuerySet",
    "DecisionHour",
    "DecisionMinute",
    "DeliveryLink",
    "ExpiryMark",
    "FeedConfirmation",
    "FeedReader",
    "FlushReceipt",
    "GatewayCredential",
    "GatewayRevision",
    "GatewaySecret",
    "GatewayUse",
    "JobLength",
    "KeySecret",
    "KeyUse",
    "LeakReport",
    "LimitRule",
    "Pilot",
    "PilotCriterion",
    "PilotMark",
    "Refusal",
    "SavedView",
    "SecretHour",
    "SecretUse",
    "WindowUse",
]
