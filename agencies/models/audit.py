"""Who did what, when: append-only, enforced by a database trigger, sealed in a hash chain."""

from django.db import models


class AuditEntry(models.Model):
    """One act. Holds ids and never addresses, so that erasing a person needs no hole in it."""

    class Actor(models.TextChoices):
        USER = "user"
        API_KEY = "api-key"
        SUBSCRIBER = "subscriber"
        SYSTEM = "system"

    at = models.DateTimeField()
    actor = models.CharField(max_length=12, choices=Actor)
    actor_id = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=60)
    agency_id = models.BigIntegerField(null=True, db_index=True)
    target = models.CharField(max_length=40)
    target_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["target", "target_id"], name="audit_target")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.actor_id} {self.verb} {self.target} {self.target_id}"


class AuditSeal(models.Model):
    """A link of the hash chain: entries up to `through_id`, hashed together with the link before."""

    through_id = models.BigIntegerField(unique=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"entries up to {self.through_id}: {self.digest[:12]}…"
