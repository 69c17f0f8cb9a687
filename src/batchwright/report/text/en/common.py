"""Words that every page uses."""

STRINGS = {
    "common.and_two": "{first} and {second}",
    "common.as_stored": "{text}",
}
