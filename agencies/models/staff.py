"""The people who work for agencies, and what each may do there."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models.agency import Agency


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A staff account; `password=None` leaves it without a way to sign in."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        """What `manage.py createsuperuser` makes: a platform administrator."""
        return self.create_user(email, password, is_platform_admin=True, **fields)


class User(AbstractBaseUser):
    """A member of staff. Citizens have no account: they are subscribers."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=35, blank=True, default="")  # of our pages; "": what the browser asks for
    is_active = models.BooleanField(default=True)
    is_platform_admin = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    def may(self, role: "Role", agency: Agency) -> bool:
        """Whether this person holds the role at the agency, or is its administrator where that includes it."""
        wanted = {role} if role in Role.emergency() else {role, Role.ADMINISTRATOR}
        return self.is_active and self.memberships.filter(agency=agency, role__in=wanted).exists()


class Role(models.TextChoices):
    VIEWER = "viewer", _("Viewer")
    AUTHOR = "author", _("Author")
    PUBLISHER = "publisher", _("Publisher")
    OPERATOR = "operator", _("Emergency operator")
    APPROVER = "approver", _("Emergency approver")
    ADMINISTRATOR = "administrator", _("Administrator")

    @classmethod
    def emergency(cls) -> set["Role"]:
        """Roles that must be given by name: being administrator does not include them."""
        return {cls.OPERATOR, cls.APPROVER}


class MembershipQuerySet(models.QuerySet["Membership"]):
    def agencies(self, *roles: Role) -> "models.QuerySet[Agency]":
        """The agencies of these memberships; where roles are given, those in which one of them is held."""
        held = self.filter(role__in=roles) if roles else self
        return Agency.objects.filter(pk__in=held.values("agency"))


class Membership(models.Model):
    """One role of one person at one agency."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "agency", "role"], name="one_membership_per_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} at {self.agency}"
