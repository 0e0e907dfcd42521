"""Keys by which an agency's machines speak for it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from agencies.models.agency import Agency
from agencies.models.staff import User


class Scope(models.TextChoices):
    BULLETINS = "bulletins", "publish bulletins"
    ALERTS = "alerts", "draft emergency alerts"
    ENDPOINTS = "endpoints", "manage the agency's webhook endpoints"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> "ApiKeyQuerySet":
        """Keys neither revoked nor expired."""
        return self.filter(revoked_at=None).exclude(expires_at__lte=timezone.now())


class ApiKey(models.Model):
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=20, unique=True)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope))
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_authenticated(self) -> bool:
        """What REST framework's permission asks of whoever makes a request."""
        return True
