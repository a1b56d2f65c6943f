"""What media workers, cameras and platforms tell in English: sentences that pages know and translate."""

from quality_creator.web.words import _say

HEARD: tuple[str, ...] = (
    # a source that sends
    _say("{codec} {size} at {rate}/s, {codec2} sound"),
    _say("{codec} {size} at {rate}/s, no sound"),
    _say("{codec} {size}, {codec2} sound"),
    _say("{codec} {size}, no sound"),
    _say("generated {size} at {rate}/s"),
    _say("times by {clock}, as exact as the camera's clock"),
    _say("its stamps in the picture"),
    _say("times are those of its playing"),
    _say("times by arrival less {delay} ms"),
    _say("jitter {jitter} ms, the camera's own delay is unknown"),
    _say("jitter {jitter} ms"),
    _say("the camera's clock is {off} s off and not used: set it"),
    _say("voice only: Opus sound, no pictures"),
    # a source that does not, or not yet
    _say("connecting"),
    _say("no pictures come, although the connection stands"),
    _say("waiting for the camera to push"),
    _say("{publisher} at {peer} has begun; no picture yet"),
    _say("the stream ended"),
    _say("the source ended"),
    _say("waiting for the guest"),
    _say("the guest is here; no picture yet"),
    _say("an error in our own code: {kind}; the log has more"),
    _say("what it sends can't be read: {why}"),
    _say("the programme let it go"),
    _say("the camera did not answer within {seconds} s"),
    _say("the camera sent nothing for {seconds} s"),
    _say("the camera ended the stream"),
    _say("there are no pictures in what it sends"),
    _say("its pictures are in a format that can't be decoded; set the camera to H.264"),
    _say("its {part} can't be decoded: {why}"),
    # a target of restreaming
    _say("no answer within {seconds} s"),
    _say("its certificate is not to be trusted: {why}"),
    _say("TLS: {why}"),
    _say("it broke off while TLS was agreed on; does it speak rtmps?"),
    _say("there is no host {host}"),
    _say("it closed the connection {how}"),
    _say("without a word, before it took the stream"),
    _say("it closed the connection"),
    _say("it says: {words}"),
    _say("it took nothing for {seconds} s"),
    _say("nobody listens there (connection refused)"),
    _say("the connection broke"),
    _say("its key can't be opened with the hub's; enter it again"),
    # the system
    _say("Connection refused"),
    _say("Connection reset by peer"),
    _say("Broken pipe"),
    _say("No route to host"),
    _say("Network is unreachable"),
    _say("Connection timed out"),
)
"""The first that fits is what was said. What none fits is a peer's own words, and stays as it is.

They are told as finished sentences: logs and the command line want them so, and shows keep them for good.
"""
