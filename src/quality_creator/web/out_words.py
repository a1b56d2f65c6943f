"""What the studio's panels for restreaming and for recordings of single sources say."""

from quality_creator.web.words import _say

OUT_WORDS: dict[str, str] = {
    "out-off": _say("Switched off"),
    "out-idle": _say("Begins with the episode"),
    "out-connecting": _say("Connecting"),
    "out-live": _say("Live since {time}"),
    "out-waiting": _say("Again in {seconds} s"),
    "out-rate": _say("{rate} Mb/s"),
    "out-dropped": _say("{count} pictures dropped"),
    "out-losses": _say("{count} times lost"),
    "out-before": _say("Before: {words}"),
    "out-switch": _say("Send to {name}"),
    "out-edit": _say("Edit"),
    "out-edit-long": _say("Edit {name}"),
    "out-remove": _say("Remove"),
    "out-remove-long": _say("Remove {name}"),
    "out-remove-sure": _say("Remove {name} and forget its key?"),
    "out-key-stays": _say("stays as it is"),
    "out-key": _say("key"),
    "out-add": _say("Add"),
    "out-save": _say("Save"),
    "iso-switch": _say("Record {name} alone"),
    "iso-off": _say("Not recorded"),
    "iso-idle": _say("Begins with the episode"),
    "iso-waiting": _say("Waits for the source"),
    "iso-recording": _say("Recording since {time}"),
    "iso-files": _say("Files ({count})"),
    "iso-none": _say("No files yet."),
    "iso-open": _say("is being written"),
    "iso-cut": _say("not finished: the worker ended"),
    "iso-gap": _say("{length} missing"),
    "iso-get": _say("Download {name}"),
    "iso-low": _say("{percent} % of the disk is free; at 1 % no source is recorded any more."),
}
"""By `out-` or `iso-` and what is meant."""
