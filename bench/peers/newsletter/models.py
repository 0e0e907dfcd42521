"""Subscribers, and what was sent to whom where the peer keeps no record of its own."""

from django.db import models


class Subscriber(models.Model):
    email = models.EmailField(unique=True)

    objects: models.Manager["Subscriber"] = models.Manager()

    def __str__(self) -> str:
        return f"subscriber {self.pk}"


class Delivery(models.Model):
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE)
    sent_at = models.DateTimeField(null=True)

    objects: models.Manager["Delivery"] = models.Manager()

    def __str__(self) -> str:
        return f"delivery {self.pk}"
