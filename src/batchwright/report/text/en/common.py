"""Words that every page uses."""

STRINGS = {
    "common.and_two": "{first} and {second}",
    "common.and_more": "{first} and {more} more",
    "common.between": "{low} to {high}",
    "common.above": "above {low}",
    "common.below": "below {high}",
    "common.with_unit": "{name} ({unit})",
    "common.comma": ", ",
    "common.semicolon": "; ",
    "common.as_stored": "{text}",
}
