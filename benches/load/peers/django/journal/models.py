"""The check-in, with an index for the list of its owner."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


def number(field, most):
    return field(null=True, validators=[MinValueValidator(0), MaxValueValidator(most)])


def rating():
    return number(models.PositiveSmallIntegerField, 10)


def words():
    return models.TextField(null=True, max_length=20_000)


class CheckIn(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    local_date = models.DateField()
    slot = models.CharField(max_length=7, choices=[(slot, slot) for slot in ("day", "morning", "evening")], default="day")
    mood = rating()
    anxiety = rating()
    stress = rating()
    energy = rating()
    pain = rating()
    craving = rating()
    commitment = rating()
    sleep_hours = number(models.FloatField, 24)
    sleep_quality = rating()
    substance_free = models.BooleanField(null=True)
    intention = words()
    gratitude = words()
    note = words()

    class Meta:
        indexes = [models.Index("owner", models.F("local_date").desc(), models.F("id").desc(), name="newest")]
