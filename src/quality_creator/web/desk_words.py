"""What the scripts of the expert's desk say; it stands in that page alone."""

from quality_creator.web.words import _say

DESK_WORDS: dict[str, str] = {
    # the key
    "dk-key-ready": _say(
        "You speak as {name}, {institution}. What you send is signed with your key …{tail}."
    ),
    "dk-key-waiting": _say("Your key waits for approval."),
    "dk-key-waiting-how": _say(
        "Call whoever approves keys for {institution} and read out its last characters: {tail}. "
        "This page notices the approval by itself; until then you can watch and chat."
    ),
    "dk-key-none": _say("This browser has no key of yours yet, so it can sign nothing."),
    "dk-key-none-how": _say(
        "Make a key on your page, with one press. Then read its last characters out to whoever "
        "approves it, and come back here."
    ),
    "dk-key-elsewhere-how": _say(
        "Your key is in another browser or on another device: open this page there, or make a key "
        "for this browser on your page."
    ),
    "dk-key-revoked": _say("Your key in this browser was revoked; nothing is signed with it any more."),
    "dk-key-revoked-how": _say(
        "If you did not expect that, call your institution. A new key is made on your page."
    ),
    "dk-key-guest": _say(
        "You look on. Remarks are signed by experts who have an account and an institution."
    ),
    "dk-key-unable": _say("This browser can't sign: it needs a secure page (https) and a current version."),
    # what goes on
    "dk-lost": _say("The hub does not answer; what is shown is what was known. It is called again."),
    "dk-dismissed": _say("You are not signed in any more. Load the page again."),
    "dk-not-begun": _say("The episode has not begun; there is nothing to remark on yet."),
    "dk-published": _say("The episode is published; its dossier is made, and nothing is added to it."),
    # the span
    "dk-span": _say("{from} to {to}"),
    "dk-span-last": _say("the last ten seconds that you saw"),
    "dk-span-open": _say("from your mark to the picture on screen"),
    "dk-span-marked": _say("as you marked it"),
    "dk-span-end": _say("the ten seconds before your mark"),
    # on what
    "dk-about-characteristics": _say("A characteristic"),
    "dk-about-units": _say("A drawn unit"),
    "dk-about-unit": _say("{unit} ({what})"),
    "dk-about-frame": _say("The picture at {at}"),
    "dk-about-frame-lines": _say("The picture at {at}, with {count} lines drawn"),
    "dk-frame-title": _say("The picture at {at}"),
    "dk-frame-gone": _say("There is no picture to freeze yet."),
    "dk-frame-full": _say("That is as much as one remark can hold; undo something to draw more."),
    "dk-frame-unread": _say(
        "The bytes of this picture can't be had, so it can't be named. Freeze another one."
    ),
    # sending
    "dk-say-something": _say("Write a few words first."),
    "dk-signing": _say("Being signed"),
    "dk-sending": _say("Signed; on its way"),
    "dk-waiting-for-hub": _say("Signed. The hub does not answer; it is sent again by itself."),
    "dk-entered": _say("Signed and logged as #{index}"),
    "dk-refused": _say("Not taken: {words}"),
    "dk-forget": _say("Put away"),
    "dk-remark-on": _say("Remark on it"),
    "dk-measure-again": _say("Measure this again"),
    "dk-open-limits": _say("Open these limits"),
    "dk-measure-again-words": _say("Please measure this again."),
    "dk-open-limits-words": _say("Please open these limits."),
    # the list
    "dk-kind-remark": _say("Remark"),
    "dk-kind-measure-again": _say("Asks to measure again"),
    "dk-kind-open-limits": _say("Asks to open the limits"),
    "dk-kind-measurements": _say("Own measurements"),
    "dk-state-entered": _say("waiting"),
    "dk-state-on-air": _say("on air"),
    "dk-state-aired": _say("was on air"),
    "dk-state-done": _say("done"),
    "dk-state-withdrawn": _say("withdrawn"),
    "dk-logged": _say("logged as #{index}"),
    "dk-withdraw": _say("Withdraw"),
    "dk-withdraw-sure": _say("Withdraw it for good? It stays in the log, marked as withdrawn."),
    "dk-withdraw-yes": _say("Withdraw it"),
    "dk-withdraw-no": _say("Keep it"),
    "dk-results": _say("{count} results, {failed} not conforming"),
    "dk-see": _say("See {span} again"),
    # the drawn units
    "dk-lot": _say("{drawn} of {count} drawn"),
    "dk-lot-undecided": _say("The draw is not decided yet; the units stand here in a moment."),
    "dk-measured": _say("What you measure"),
    "dk-as-a-whole": _say("Each unit as a whole"),
    "dk-unit": _say("Unit"),
    "dk-value": _say("Value"),
    "dk-value-of": _say("Value of {unit}"),
    "dk-judged": _say("Judgement"),
    "dk-judged-of": _say("Judgement of {unit}"),
    "dk-pass": _say("Conforms"),
    "dk-fail": _say("Does not"),
    "dk-no-number": _say("No number: write 12.3 or 12,3"),
    "dk-within": _say(
        "Judged by the specification, {lower} to {upper} {unit}; change it where you see it otherwise."
    ),
    "dk-plan": _say(
        "The plan that was announced before the units were drawn: {standard}, AQL {aql}, level {level}, "
        "{severity}. Up to {accept} that do not conform the lot is accepted, from {reject} on it is not."
    ),
    "dk-no-plan": _say("No sampling plan was announced with this lot: its sample decides nothing."),
    "dk-severity-normal": _say("normal inspection"),
    "dk-severity-tightened": _say("tightened inspection"),
    "dk-severity-reduced": _say("reduced inspection"),
    "dk-logged-none": _say(
        "In the log, by all experts: {inspected} of {drawn} inspected, {failed} do not conform."
    ),
    "dk-logged-open": _say(
        "In the log, by all experts: {inspected} of {drawn} inspected, {failed} do not conform; "
        "not decided yet."
    ),
    "dk-logged-accepted": _say(
        "In the log, by all experts: {inspected} of {drawn} inspected, {failed} do not conform. "
        "By the plan the lot is accepted."
    ),
    "dk-logged-rejected": _say(
        "In the log, by all experts: {inspected} of {drawn} inspected, {failed} do not conform. "
        "By the plan the lot is not accepted."
    ),
    "dk-differing": _say("Experts differ on {units}; the stricter word counts."),
    "dk-decision-open": _say("{judged} of {drawn} judged, {failed} do not conform"),
    "dk-decision-accept": _say("Accept: {failed} of {drawn} do not conform, at most {accept} may"),
    "dk-decision-reject": _say(
        "Do not accept: {failed} do not conform, from {reject} on a lot is not accepted"
    ),
    "dk-send-results": _say("Sign and send the results"),
    "dk-judge-first": _say("Judge at least one unit first."),
    "dk-mend-first": _say("Some values are no numbers; mend or clear them first."),
}
"""By `dk-` and what is meant."""
