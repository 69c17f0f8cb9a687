"""One text for one meaning: the canonical JSON of a spec, from which identities are derived."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection

from pydantic import BaseModel


def canonical(model: BaseModel, exclude: Collection[str] = ()) -> str:
    """Canonical JSON of a spec: keys sorted, no spaces, floats by ``repr``, defaults left out at every depth.

    Since a field at its default is left out, a field that is added later changes no older text, as long as
    its default means what was done before. A default must therefore never change its meaning.

    Args:
        model: the spec; values that were copied in unvalidated (an int in a float's place) are validated.
        exclude: names of the outermost fields that do not count.

    >>> from batchwright.training.spec import Budget
    >>> canonical(Budget(steps=10, epochs=2)), canonical(Budget(steps=10, epochs=2), exclude=["steps"])
    ('{"epochs":2.0,"steps":10}', '{"epochs":2.0}')
    """
    plain = type(model).model_validate(model.model_dump())
    fields = plain.model_dump(mode="json", exclude=set(exclude), exclude_defaults=True)
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def digest(text: str, size: int = 16) -> str:
    """BLAKE2b of a text in ``2 * size`` hex digits.

    >>> digest("", size=4)
    '1271cf25'
    """
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()
