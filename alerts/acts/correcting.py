"""Corrections: a new bulletin in the place of a published one, for those who got that one, or may have.

Nothing that was published is ever edited: the first stays readable and points to its correction, the correction to it.
"""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from agencies.models import ApiKey, User
from alerts.acts.content import VariantText
from alerts.acts.drafting import create_bulletin
from alerts.engine.counting import AudienceCount
from alerts.engine.told import count_told
from alerts.lanes import RecipientKind
from alerts.models import Bulletin
from alerts.refusals import NotPossible


def create_correction(*, first: Bulletin, variants: Sequence[VariantText], author: User | ApiKey) -> Bulletin:
    """A draft that corrects `first`, or its newest correction, of the same topics and places; publish it as any other.

    The caller has checked that the author may draft at the agency. Raises NotPossible and ContentRefused.
    """
    corrected = to_be_corrected(first)
    return create_bulletin(
        agency=corrected.agency,
        topics=corrected.ordered_topics(),
        variants=variants,
        author=author,
        areas=corrected.ordered_areas(),
        corrects=corrected,
    )


def to_be_corrected(first: Bulletin) -> Bulletin:
    """The version of a bulletin that a correction would replace. Raises NotPossible where it can have none."""
    if first.is_alert:
        raise NotPossible(_("An alert is corrected by an update or a cancel that refers to it."))
    status = Bulletin.objects.values_list("status", flat=True).get(pk=first.pk)  # as it is by now
    if status not in {Bulletin.Status.PUBLISHED, Bulletin.Status.WITHDRAWN}:
        raise NotPossible(_("It has not been published: edit the draft."))
    return first.newest()


def count_corrected(corrected: Bulletin) -> AudienceCount:
    """Whom a correction of this goes to: everybody who got it or a version before it, or is in doubt."""
    versions = [corrected, *corrected.earlier()]
    return AudienceCount(
        people=count_told(versions, RecipientKind.SUBSCRIBER),
        machines=count_told(versions, RecipientKind.ENDPOINT),
        browsers=count_told(versions, RecipientKind.BROWSER),
    )
