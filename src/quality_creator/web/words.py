"""What the scripts of a page say, and the names of things: one catalogue for all of them."""

from dataclasses import dataclass

from quality_creator.model.person import Role


def _say(message: str) -> str:
    """Marks a message for the catalogue; it is translated when a page is made."""
    return message


ISLAND_WORDS: dict[str, str] = {
    # the code of the moment
    "challenge-logged": _say("On air: each code is written into the log."),
    "challenge-idle": _say("Nothing is on air: these codes are not written down."),
    "challenge-lost": _say("The hub does not answer. This code may be old: do not film it."),
    "challenge-late": _say("The log's witnesses are late. This code stands longer than it should."),
    # the picture
    "connecting": _say("Connecting"),
    "reconnecting": _say("Connection lost. The last picture stays until it is back."),
    "planned": _say("Not on air yet"),
    "soon": _say("Beginning any moment now"),
    "ended": _say("The episode has ended"),
    "unplayable": _say("This browser can't play the picture. A current Chrome, Edge, Firefox or Safari can."),
    "sound-off": _say("Sound is off. Press to hear."),
    "on-air": _say("On air"),
    "replay": _say("Replay"),
    "live": _say("Live"),
    "behind-to-live": _say("{time} behind live. Go to the live picture"),
    "quality": _say("Quality"),
    "quality-auto": _say("Auto"),
    "controls": _say("Player"),
    # what is burned into it
    "screen-code": _say("The code of the moment"),
    "screen-value": _say("Value"),
    "screen-chart": _say("Control chart"),
    # the timeline
    "timeline": _say("Position in the episode"),
    "timeline-text": _say("{position} of {duration}"),
    "signals-on-timeline": _say("Signals in this episode"),
    "signal-at": _say("{time}: {name}, {rule}"),
    # what experts said on air, and what was drawn
    "shown-remark": _say("{time}: remark by {name}"),
    "shown-draw": _say("{time}: draw, {name}"),
    "said-now": _say("on the picture now"),
    "said-entry": _say("Entry {index} of the log, as it was signed"),
    "said-drawn": _say("Drawn from {what}: {units}"),
    # the instruments
    "no-instruments": _say("No measurements in this part of the episode"),
    "waiting-for-data": _say("Reading the data of this picture"),
    "no-reading": _say("No reading for {seconds} s"),
    "no-reading-window": _say("No reading in the last {minutes} min"),
    "late": _say("late: reached us after its own picture"),
    "uncertain": _say("uncertain, says the source"),
    "bad": _say("bad, says the source; not charted"),
    "in-control": _say("No signal"),
    "no-limits": _say("No limits yet"),
    "collecting": _say("No limits yet: {count} of {wanted} points collected"),
    "filling": _say("{count} of {size} in the subgroup"),
    "location-i": _say("Single values"),
    "location-x": _say("Means of {size}"),
    "spread-i": _say("Moving range"),
    "spread-x": _say("Range"),
    "location-p": _say("Proportion nonconforming"),
    "location-laney-p": _say("Proportion nonconforming, Laney’s p′"),
    "location-np": _say("Nonconforming of {size}"),
    "location-c": _say("Nonconformities"),
    "location-u": _say("Nonconformities of a unit"),
    "location-laney-u": _say("Nonconformities of a unit, Laney’s u′"),
    "location-ewma": _say("EWMA, λ = {weight}, L = {width}"),
    "location-cusum": _say("CUSUM C⁺, a shift upward, k = {slack}, h = {decision}"),
    "spread-cusum": _say("CUSUM C⁻, a shift downward"),
    "location-t2": _say("Hotelling’s T² of the characteristics together"),
    "location-t2-n": _say("Hotelling’s T² of the mean of {size}"),
    "location-mewma": _say("MEWMA of the characteristics together, λ = {weight}"),
    "driven-by": _say("mostly {name} (without it T² is {rest})"),
    "observation": _say("observation {index}"),
    "without-partner": _say("{count} values found no partner"),
    "spread-s": _say("Standard deviation"),
    "found-in": _say("of {count} {unit}"),
    "capability": _say("{index} {value} (95 %: {low} to {high})"),
    "capability-index": _say("{index} {value}"),
    "not-stable": _say("not stable, so it predicts nothing"),
    "stability-unknown": _say("whether stable is not known"),
    "not-normal": _say("not normal, so it misleads"),
    "provisional": _say("provisional, from {count} values"),
    "oee": _say(
        "OEE {oee} %: availability {availability} %, performance {performance} %, quality {quality} %"
    ),
    "upper-limit": _say("UCL"),
    "lower-limit": _say("LCL"),
    "center": _say("CL"),
    "upper-spec": _say("USL"),
    "lower-spec": _say("LSL"),
    "outside-spec": _say("outside the specification"),
    "chart-caption": _say("{text}, {unit}"),
    "separator": _say(" · "),
    "semicolon": _say("; "),
    "chart-summary": _say("Control chart of {name}: {count} points in two minutes, {signals} with a signal"),
    "measurement": _say("Measurement {index}"),
    "seek-here": _say("Show the picture of this point"),
    # the check of the signatures
    "proof-none": _say("Signatures not checked yet"),
    "proof-good": _say("Signed by {who} since {time}. {count} segments checked, none was changed"),
    "proof-good-test": _say(
        "Signed by {who} (test authority) since {time}. {count} segments checked, none was changed"
    ),
    "proof-wrong": _say("{count} segments are not as they were signed"),
    "proof-not-signed": _say("This broadcast is not signed"),
    "proof-unable": _say("Signatures can be checked on a secure page (https) only"),
    "proof-line": _say("Signatures along the episode: {words}"),
    "proof-line-empty": _say("Signatures along the episode: none checked yet"),
    "proof-count": _say("{count} {state}"),
    "proof-valid": _say("as signed"),
    "proof-pending": _say("waiting for the signature at the segment's end"),
    "proof-altered": _say("altered since signing, or signed by nobody who may"),
    "proof-replayed": _say("shown before: it belongs to an earlier place"),
    "proof-reordered": _say("not in its own place"),
    "proof-missing": _say("missing"),
    "proof-unsigned": _say("without a signature"),
    "proof-unverified": _say("could not be checked"),
    "proof-signed-by": _say("Signed by"),
    "proof-since": _say("Signed since"),
    "proof-authority": _say("Authority"),
    "proof-valid-until": _say("Certificate valid until"),
    "proof-checked": _say("Checked here"),
    "proof-what": _say("What is not right"),
    "proof-numbers": _say("The numbers"),
    "proof-test-authority": _say(
        "This is a test authority, made by the broadcaster itself. Its signatures show that "
        "nothing was changed since; they do not show who signed."
    ),
    "proof-authority-note": _say(
        "Whether this authority is to be trusted is for you to judge; this page does not decide it."
    ),
    "proof-numbers-text": _say(
        "Of the {total} segments whose numbers stand on this page, {checked} are checked. "
        "Numbers of the others came as a list that is not signed, or their signature is still to"
        " come."
    ),
    "proof-numbers-short": _say("Numbers from {checked} of {total} segments are checked"),
    "proof-numbers-wrong": _say("Some of these numbers come from segments that are not as they were signed"),
    "proof-how": _say(
        "Your browser checks this by itself while it plays: picture, sound and numbers of each "
        "segment are signed together. Anyone can do the same with the stream's own bytes."
    ),
    # the counters
    "counters": _say("{rejected} of {total} rejected"),
    # the rules, in a few words each
    "rule-nelson-1": _say("1 point beyond a limit"),
    "rule-nelson-2": _say("9 points in a row on one side of the centre"),
    "rule-nelson-3": _say("6 points in a row rising or falling"),
    "rule-nelson-4": _say("14 points in a row up and down by turns"),
    "rule-nelson-5": _say("2 of 3 points beyond 2 sigma"),
    "rule-nelson-6": _say("4 of 5 points beyond 1 sigma"),
    "rule-nelson-7": _say("15 points in a row within 1 sigma"),
    "rule-nelson-8": _say("8 points in a row beyond 1 sigma"),
    "rule-nelson-8-both": _say("8 points in a row beyond 1 sigma, on both sides"),
    "rule-western-electric-1": _say("1 point beyond a limit"),
    "rule-western-electric-2": _say("2 of 3 points beyond 2 sigma"),
    "rule-western-electric-3": _say("4 of 5 points beyond 1 sigma"),
    "rule-western-electric-4": _say("8 points in a row on one side of the centre"),
    "rule-spread-limits": _say("the spread beyond its limit"),
    "rule-ewma-limits": _say("the moving average beyond a limit"),
    "rule-cusum-upper": _say("a shift upward"),
    "rule-cusum-lower": _say("a shift downward"),
    "rule-t2-limit": _say("T² beyond its limit"),
    "rule-mewma-limit": _say("the weighted means’ T² beyond its limit"),
    # how sigma was estimated
    "method-mrbar": _say("mean moving range / d2(2)"),
    "method-median-mr": _say("median moving range / 0.954"),
    "method-sd": _say("standard deviation / c4"),
    "method-rbar": _say("mean range / d2(n)"),
    "method-rbar-mvlue": _say("ranges, weighted for least variance"),
    "method-sbar": _say("mean standard deviation / c4(n)"),
    "method-sbar-mvlue": _say("standard deviations, weighted for least variance"),
    "method-pooled": _say("pooled standard deviation"),
    "method-ratio": _say("all counted / all inspected"),
    "method-laney": _say("all counted / all inspected, with Laney’s dispersion"),
    "method-covariance": _say("sample covariance of single observations"),
    "method-successive-differences": _say("half the mean product of successive differences"),
    "method-within": _say("mean of the covariances within subgroups"),
    "method-given": _say("given"),
    # the quality engineer's chart
    "point": _say("Point {number}"),
    "no-points": _say("No points yet"),
    "leave-out": _say("leave out"),
    "reading-lost": _say("The hub does not answer; what is shown is what was known."),
    "control-summary": _say("Control chart: {count} of {total} points, {signals} with a signal"),
    # passkeys
    "passkey-cancelled": _say("No passkey was used: it was cancelled, or it took too long."),
    "passkey-known": _say("This device has a passkey for this account already."),
    "passkey-elsewhere": _say(
        "Passkeys do not work at this address. Open the page at the site's own address."
    ),
    "passkey-failed": _say("It did not work. Try again; if it goes on, use a recovery code."),
    "key-unsupported": _say(
        "This browser can't make such a key. A current Chrome, Edge, Firefox or Safari can."
    ),
    "too-often": _say("Too many wrong tries. Wait a minute, then try again."),
    "refused": _say("The hub refuses: {words}"),
    # time
    "countdown-days": _say("{days} d {clock}"),
}

NOTES: dict[str, str] = {
    "negative-component": _say("A variance came out negative and is shown as 0."),
    "ranges-not-stable": _say("Some ranges lie above their limit: measure those parts again."),
    "gauge-acceptable": _say("%GRR is below 10 %: acceptable by AIAG's rule."),
    "gauge-marginal": _say("%GRR lies between 10 and 30 %: marginal by AIAG's rule."),
    "gauge-not-acceptable": _say("%GRR is above 30 %: not acceptable by AIAG's rule."),
    "no-gauge-variation": _say("The gauge shows no variation: is it too coarse?"),
    "few-categories": _say("Fewer than 5 distinct categories, which AIAG asks for."),
    "performance-above-1": _say(
        "Performance is above 100 %: the ideal cycle is too long, or something is counted twice."
    ),
    "rejects-above-total": _say("More rejects than items made: quality is below 0."),
    "made-while-stopped": _say("Items were made while the line never ran: states or counters are wrong."),
    "unknown-time": _say("For part of the time nobody said what the line did; it is left out."),
    "no-ideal-cycle": _say("Items were made without a known ideal cycle; performance misses them."),
    "arrow": _say("An arrow of the table leads to another plan."),
    "inspect-all": _say("The plan's sample is not smaller than the lot: inspect every item."),
    "disputed-row": _say("Transcriptions of the standard differ here: compare with the printed table."),
    "nonconformities": _say("This AQL counts nonconformities per 100 items."),
}
"""The statistics room's notes, by their codes."""

ROLES: dict[Role, str] = {
    Role.ADMINISTRATOR: _say("Administrator"),
    Role.PRODUCER: _say("Producer"),
    Role.MODERATOR: _say("Moderator"),
    Role.QUALITY_ENGINEER: _say("Quality engineer"),
    Role.EXPERT: _say("Expert"),
    Role.GUEST: _say("Guest"),
    Role.VIEWER: _say("Viewer"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody with a role has something to do."""

    address: str
    name: str
    roles: tuple[Role, ...]


PLACES = (
    Place("/studio", _say("Studio"), (Role.PRODUCER,)),
    Place("/desk", _say("Expert's desk"), (Role.EXPERT,)),
    Place("/lines", _say("Lines"), (Role.QUALITY_ENGINEER,)),
    Place("/links", _say("Personal links"), (Role.PRODUCER, Role.ADMINISTRATOR)),
    Place("/people", _say("People"), (Role.ADMINISTRATOR,)),
    Place("/institutions", _say("Institutions"), (Role.ADMINISTRATOR,)),
    Place("/audit", _say("Audit"), (Role.ADMINISTRATOR,)),
)
"""Whoever adds a page for a role adds it here, and those who have the role find it on `/me`."""
