"""The Weibull likelihood of right-censored lives, and what intervals can be read from it."""

import math
from collections.abc import Callable
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality import special
from quality_creator.quality.distribution import weibull_shape
from quality_creator.quality.sample import Floats

Covariance = tuple[tuple[float, float], tuple[float, float]]


class Estimate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quantity and its interval."""

    value: float
    low: float
    high: float


class Lives:
    """Logarithms of times relative to the largest, with how many units each stands for."""

    def __init__(self, times: Floats, failed: NDArray[np.bool_], weight: Floats) -> None:
        self.times = times
        self.top = float(np.log(times.max()))
        self.logs = np.log(times) - self.top
        self.weight = weight
        self.dead = np.where(failed, weight, 0.0)
        self.failures = float(self.dead.sum())

    def log_likelihood(self, log_scale: float, shape: float) -> float:
        """Of the relative times."""
        z = shape * (self.logs - log_scale)
        return float(self.dead @ (math.log(shape) + z - self.logs)) - float(self.weight @ np.exp(z))

    def scale_given_shape(self, shape: float) -> float:
        """The ln η that fits a shape best."""
        return math.log(float(self.weight @ np.exp(shape * self.logs)) / self.failures) / shape


class Fit:
    """The maximum of the likelihood, on the scale of `Lives`."""

    def __init__(self, lives: Lives) -> None:
        self.lives = lives
        self.shape = weibull_shape(lives.times, lives.dead, lives.weight)
        self.log_scale = lives.scale_given_shape(self.shape)
        self.relative = lives.log_likelihood(self.log_scale, self.shape)

    @property
    def log_likelihood(self) -> float:
        """Of the times themselves: the density of t is that of t/top divided by top."""
        return self.relative - self.lives.failures * self.lives.top

    @cached_property
    def covariance(self) -> Covariance:
        """Inverse of the observed information in (ln η, ln β)."""
        # ℓ = Σd (ln β + z) − Σw eᶻ with z = β(ln t − ln η); derivatives in u = ln η, v = ln β.
        z = self.shape * (self.lives.logs - self.log_scale)
        power = self.lives.weight * np.exp(z)
        uu = self.shape**2 * float(power.sum())
        uv = -self.shape * float((power * (1.0 + z)).sum()) + self.shape * self.lives.failures
        vv = float((power * (z + z * z)).sum()) - float(self.lives.dead @ z)
        determinant = uu * vv - uv * uv
        return ((vv / determinant, -uv / determinant), (-uv / determinant, uu / determinant))


class Fisher:
    """Intervals by the normal approximation of logarithms."""

    def __init__(self, fitted: Fit, confidence: float) -> None:
        self.fitted = fitted
        self.z = float(special.ndtri(0.5 + confidence / 2.0))

    def shape(self) -> Estimate:
        error = math.sqrt(self.fitted.covariance[1][1])
        value = self.fitted.shape
        return Estimate(
            value=value, low=value * math.exp(-self.z * error), high=value * math.exp(self.z * error)
        )

    def life(self, share: float) -> Estimate:
        """ln t_p = ln η + w/β with w = ln(−ln(1 − p)); its derivative in ln β is −w/β."""
        slope = -math.log(-math.log1p(-share)) / self.fitted.shape
        log_life = self.fitted.lives.top + self.fitted.log_scale - slope
        error = self._error(1.0, slope)
        return Estimate(
            value=_exp(log_life), low=_exp(log_life - self.z * error), high=_exp(log_life + self.z * error)
        )

    def survival(self, time: float) -> Estimate:
        """ln(−ln S) = β(ln t − ln η), whose derivatives are −β and itself."""
        log_hazard = self.fitted.shape * (math.log(time) - self.fitted.lives.top - self.fitted.log_scale)
        error = self._error(-self.fitted.shape, log_hazard)
        low, high = log_hazard + self.z * error, log_hazard - self.z * error
        return Estimate(value=_survival(log_hazard), low=_survival(low), high=_survival(high))

    def _error(self, u: float, v: float) -> float:
        (uu, uv), (_, vv) = self.fitted.covariance
        return math.sqrt(max(u * u * uu + 2.0 * u * v * uv + v * v * vv, 0.0))


class Profile:
    """Intervals of all values that a likelihood-ratio test does not refuse."""

    def __init__(self, fitted: Fit, confidence: float) -> None:
        self.fitted = fitted
        self.floor = fitted.relative - float(special.chdtri(1, 1.0 - confidence)) / 2.0

    def shape(self) -> Estimate:
        lives = self.fitted.lives

        def height(log_shape: float) -> float:
            shape = math.exp(log_shape)
            return lives.log_likelihood(lives.scale_given_shape(shape), shape)

        low, high = self._ends(height, math.log(self.fitted.shape))
        return Estimate(value=self.fitted.shape, low=math.exp(low), high=math.exp(high))

    def life(self, share: float) -> Estimate:
        slope = math.log(-math.log1p(-share))
        middle = self.fitted.log_scale + slope / self.fitted.shape

        def height(log_life: float) -> float:
            return self._best(lambda shape: log_life - slope / shape)

        low, high = self._ends(height, middle)
        top = self.fitted.lives.top
        return Estimate(value=_exp(top + middle), low=_exp(top + low), high=_exp(top + high))

    def survival(self, time: float) -> Estimate:
        log_time = math.log(time) - self.fitted.lives.top
        middle = self.fitted.shape * (log_time - self.fitted.log_scale)

        def height(log_hazard: float) -> float:
            return self._best(lambda shape: log_time - log_hazard / shape)

        low, high = self._ends(height, middle)
        return Estimate(value=_survival(middle), low=_survival(high), high=_survival(low))

    def _best(self, scale_of: Callable[[float], float]) -> float:
        """The largest likelihood over shapes when the scale follows from the shape."""
        lives, start = self.fitted.lives, math.log(self.fitted.shape)

        def height(log_shape: float) -> float:
            shape = math.exp(log_shape)
            with np.errstate(over="ignore"):
                return lives.log_likelihood(scale_of(shape), shape)

        return _climb(height, start)

    def _ends(self, height: Callable[[float], float], middle: float) -> tuple[float, float]:
        from scipy.optimize import brentq

        def end(direction: float) -> float:
            step = 0.05
            while height(middle + direction * step) > self.floor:
                step *= 2.0
                if step > 1e4:
                    raise BadInput(
                        "the likelihood does not bound this interval: there are too few failures; "
                        "choose the fisher interval"
                    )
            return float(
                brentq(lambda x: height(x) - self.floor, middle, middle + direction * step, xtol=1e-12)
            )

        return end(-1.0), end(1.0)


def _climb(height: Callable[[float], float], start: float) -> float:
    """The top of a function with one peak: bracketed by growing steps, then by golden section."""
    step = 0.1
    low, middle, high = start - step, start, start + step
    values = [height(low), height(middle), height(high)]
    while values[0] > values[1] or values[2] > values[1]:
        step *= 1.6
        if values[0] > values[1]:
            low, middle, high = low - step, low, middle
            values = [height(low), values[0], values[1]]
        else:
            low, middle, high = middle, high, high + step
            values = [values[1], values[2], height(high)]
        if step > 1e3:
            break
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    a, b = high - golden * (high - low), low + golden * (high - low)
    fa, fb = height(a), height(b)
    while high - low > 1e-8:
        if fa > fb:
            high, b, fb = b, a, fa
            a = high - golden * (high - low)
            fa = height(a)
        else:
            low, a, fa = a, b, fb
            b = low + golden * (high - low)
            fb = height(b)
    return max(fa, fb)


def _survival(log_hazard: float) -> float:
    return math.exp(-math.exp(min(log_hazard, 700.0)))


def _exp(x: float) -> float:
    return math.exp(x) if x < 709.0 else math.inf
