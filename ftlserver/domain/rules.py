"""What the operator lets callers store."""

from dataclasses import dataclass

from ftlserver.domain.instants import DAY


@dataclass(frozen=True, slots=True)
class Rules:
    """Whether a period may overlap others of its user, and how many days ago it may have ended, None for any."""

    may_overlap: bool = True
    most_days: int | None = None

    def oldest(self, now: int) -> int:
        """Return the instant after which a period has to end."""
        return 0 if self.most_days is None else max(0, now - self.most_days * DAY)
