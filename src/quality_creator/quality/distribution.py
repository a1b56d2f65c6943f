"""Distributions whose percentiles stand in for ±3 sigma when values are not normal."""

import math
from collections.abc import Callable
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from quality_creator.model.errors import BadInput
from quality_creator.quality import special
from quality_creator.quality.normality import anderson_darling, anderson_darling_p
from quality_creator.quality.sample import Floats, check_result, check_spread, check_values, moments
from quality_creator.quality.sample import power_of_two as _power_of_two

Family = Literal["normal", "lognormal", "weibull", "gamma", "rayleigh"]

PARAMETERS: dict[Family, tuple[str, ...]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("meanlog", "sdlog"),
    "weibull": ("shape", "scale"),
    "gamma": ("shape", "scale"),
    "rayleigh": ("scale",),
}
"""Each family with the names of its parameters; `threshold` may be added to those from lognormal on."""


class Distribution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fully specified distribution.

    >>> form = Distribution(family="lognormal", parameters={"meanlog": 1.0, "sdlog": 0.4})
    >>> round(form.quantile(0.5), 6)
    2.718282
    """

    family: Family
    parameters: dict[str, float]

    def __post_init__(self) -> None:
        names = PARAMETERS.get(self.family)
        if names is None:
            raise BadInput(f"there is no family {self.family!r}; choose one of {', '.join(PARAMETERS)}")
        given = set(self.parameters) - ({"threshold"} if self.family != "normal" else set())
        if given != set(names):
            raise BadInput(f"{self.family} takes the parameters {', '.join(names)}")
        for name, value in self.parameters.items():
            if not math.isfinite(value):
                raise BadInput(f"the parameter {name} must be a finite number, not {value}")
            if name in {"sd", "sdlog", "shape", "scale"} and value <= 0.0:
                raise BadInput(f"the parameter {name} must be above 0, not {value:g}")

    def quantile(self, p: float) -> float:
        """The value below which the share `p` lies."""
        return self._threshold() + float(self._frozen().ppf(p))

    def below(self, x: float) -> float:
        """The share below `x`."""
        return float(self._frozen().cdf(x - self._threshold()))

    def above(self, x: float) -> float:
        """The share above `x`, exact also far out in the tail."""
        return float(self._frozen().sf(x - self._threshold()))

    def log_likelihood(self, values: Floats) -> float:
        """How well the distribution explains the values."""
        return float(np.sum(self._frozen().logpdf(values - self._threshold())))

    def scores(self, ordered: Floats) -> Floats:
        """Ordered values as standard normal scores."""
        frozen = self._frozen()
        x = ordered - self._threshold()
        low = special.ndtri(frozen.cdf(x))
        high: Floats = -special.ndtri(frozen.sf(x))
        return np.where(low < 0.0, low, high)

    def _threshold(self) -> float:
        return self.parameters.get("threshold", 0.0)

    def _frozen(self) -> Any:  # scipy's frozen distributions share no public type
        from scipy import stats

        p = self.parameters
        match self.family:
            case "normal":
                return stats.norm(p["mean"], p["sd"])
            case "lognormal":
                return stats.lognorm(p["sdlog"], scale=math.exp(p["meanlog"]))
            case "weibull":
                return stats.weibull_min(p["shape"], scale=p["scale"])
            case "gamma":
                return stats.gamma(p["shape"], scale=p["scale"])
            case "rayleigh":
                return stats.rayleigh(scale=p["scale"])


class Fit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A distribution fitted to values, and how well it sits."""

    distribution: Distribution
    log_likelihood: float
    aic: float
    """Akaike's criterion: lower is better; comparable only on the same values."""
    anderson_darling: float
    anderson_darling_p: float | None
    """Known for the normal and the lognormal only."""


def fit(values: ArrayLike, family: Family) -> Fit:
    """Fit one family by maximum likelihood (normal and lognormal: with n − 1 in the variance).

    Raises
    ------
    BadInput
        Too few values, no spread, or values of 0 or less for a family of positive values.

    Examples
    --------
    >>> found = fit([1.0, 2.0, 4.0, 8.0, 16.0], "lognormal").distribution
    >>> round(math.exp(found.parameters["meanlog"]), 6)
    4.0
    """
    if family not in PARAMETERS:
        raise BadInput(f"there is no family {family!r}; choose one of {', '.join(PARAMETERS)}")
    sample = np.sort(check_values(values, at_least=3))
    check_spread(sample)
    if family != "normal" and sample[0] <= 0.0:
        raise BadInput(
            f"{family} needs values above 0; the smallest is {sample[0]:g}: "
            "choose normal, or subtract a threshold"
        )
    distribution = Distribution(family=family, parameters=_FITTERS[family](sample))
    likelihood = distribution.log_likelihood(sample)
    n = len(sample)
    statistic = anderson_darling(distribution.scores(sample))
    adjusted = statistic * (1.0 + 0.75 / n + 2.25 / n**2)
    check_result(likelihood, statistic)
    return Fit(
        distribution=distribution,
        log_likelihood=likelihood,
        aic=2.0 * len(PARAMETERS[family]) - 2.0 * likelihood,
        anderson_darling=statistic,
        anderson_darling_p=anderson_darling_p(adjusted) if family in {"normal", "lognormal"} else None,
    )


def best_fit(values: ArrayLike) -> Fit:
    """The family with the lowest AIC among those that can hold the values."""
    sample = check_values(values, at_least=3)
    families: list[Family] = ["normal"]
    if sample.min() > 0.0:
        families += ["lognormal", "weibull", "gamma", "rayleigh"]
    return min((fit(sample, family) for family in families), key=lambda one: one.aic)


def weibull_shape(times: Floats, failed: Floats, weight: Floats) -> float:
    """Maximum-likelihood shape of positive times: `weight` units at each, of which `failed` failed.

    Solves Σ w tᵏ ln t / Σ w tᵏ − 1/k = mean of ln t over failures, whose left side rises in k.

    Raises
    ------
    BadInput
        All failures lie at the largest time, where the likelihood has no maximum.
    """
    from scipy.optimize import brentq

    logs = np.log(times)
    top = float(logs.max())
    logs = logs - top
    mean = float(failed @ logs) / float(failed.sum())
    if mean >= 0.0:
        raise BadInput(
            "all failures happened at the largest time: a Weibull shape can't be estimated; "
            "at least two different times are needed, one of them a failure before the last"
        )

    def excess(k: float) -> float:
        power = weight * np.exp(k * logs)
        return float(power @ logs / power.sum()) - 1.0 / k - mean

    low, high = -1e-3 / mean, -1.0 / mean
    while excess(high) < 0.0:
        high *= 2.0
    while excess(low) > 0.0:
        low /= 2.0
    return float(brentq(excess, low, high, xtol=1e-15 * high, rtol=8.9e-16))


def _fit_normal(sample: Floats) -> dict[str, float]:
    found = moments(sample)
    return {"mean": found.mean, "sd": found.deviation}


def _fit_lognormal(sample: Floats) -> dict[str, float]:
    found = moments(np.log(sample))
    return {"meanlog": found.mean, "sdlog": found.deviation}


def _fit_weibull(sample: Floats) -> dict[str, float]:
    shape = weibull_shape(sample, np.ones(len(sample)), np.ones(len(sample)))
    top = sample[-1]
    scale = float(top * np.mean((sample / top) ** shape) ** (1.0 / shape))
    return {"shape": shape, "scale": scale}


def _fit_gamma(sample: Floats) -> dict[str, float]:
    from scipy.optimize import brentq

    unit = _power_of_two(sample)
    scaled = sample / unit
    gap = math.log(scaled.mean()) - float(np.log(scaled).mean())
    equation: Callable[[float], float] = lambda log_k: (  # noqa: E731
        log_k - float(special.digamma(math.exp(log_k))) - gap
    )
    shape = math.exp(float(brentq(equation, math.log(1e-6), math.log(1e12), xtol=1e-13)))
    return {"shape": shape, "scale": float(scaled.mean() / shape * unit)}


def _fit_rayleigh(sample: Floats) -> dict[str, float]:
    unit = _power_of_two(sample)
    return {"scale": unit * math.sqrt(float(np.mean((sample / unit) ** 2)) / 2.0)}


_FITTERS: dict[Family, Callable[[Floats], dict[str, float]]] = {
    "normal": _fit_normal,
    "lognormal": _fit_lognormal,
    "weibull": _fit_weibull,
    "gamma": _fit_gamma,
    "rayleigh": _fit_rayleigh,
}
