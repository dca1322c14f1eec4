"""How fast work gets on of late, and so how long it will go on."""

from __future__ import annotations

from math import exp

#: The pace is that of the last seconds, or of this part of all that have passed when that is longer.
LATELY_S, LATELY_PART = 15.0, 0.4
#: Nothing is foretold before this much is done, nor in the first seconds: it would jump about.
FROM_PART, FROM_S = 0.03, 1.0


class Pace:
    """A mean of how fast work got on, in which what came last counts most; times are in seconds."""

    def __init__(self) -> None:
        self.fraction = 0.0
        self._begun_at: float | None = None
        self._at = 0.0
        self._sum = self._weight = 0.0  # of the paces so far

    def begin(self, now: float) -> None:
        """The work begins."""
        self._begun_at = self._at = now

    def reach(self, fraction: float, now: float) -> None:
        """The work has come so far."""
        if self._begun_at is None:
            self.begin(now)
        self._sum, self._weight = self._mean(max(fraction - self.fraction, 0.0), now)
        self.fraction, self._at = fraction, now

    def seconds_left(self, now: float) -> float | None:
        """The time left at the pace of late; None while that cannot be said."""
        if self._begun_at is None or now - self._begun_at < FROM_S or not FROM_PART <= self.fraction < 1.0:
            return None
        total, weight = self._mean(0.0, now)
        return (1.0 - self.fraction) * weight / total if total > 0 else None

    def _mean(self, done: float, now: float) -> tuple[float, float]:
        """The sum of paces and of their weights, with what was done since the last time."""
        passed, lasted = now - self._at, now - (self._begun_at or 0.0)
        if passed <= 0:
            return self._sum, self._weight
        fading = exp(-passed / max(LATELY_S, LATELY_PART * lasted))
        return fading * self._sum + (1 - fading) * done / passed, fading * self._weight + 1 - fading
