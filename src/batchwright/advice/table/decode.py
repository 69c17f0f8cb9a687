"""Bytes of a table to text: the encodings in which spreadsheets and people save one."""

from __future__ import annotations

import codecs

from batchwright.core.errors import DataError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOT_TABLES = (
    (b"PK\x03\x04", "a workbook or an archive: save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "a workbook: save the sheet as CSV"),
    (b"%PDF", "a PDF: copy the table into a text file"),
    (b"\x1f\x8b", "compressed: unpack it first"),
    (b"SQLite format 3", "a database: export the runs as CSV"),
)
_CONTROL = bytes({*range(32)} - set(b"\t\n\r\f\v"))
_COMMON_HANZI = range(0xA1, 0xD8)
"""First bytes, in GBK, of punctuation and of the 3,755 characters in daily use."""


def decoded(data: bytes, source: str) -> str:
    """The text in UTF-8, UTF-16 or UTF-32 (a byte order mark is not needed), GBK or Windows' Latin-1.

    Raises:
        DataError: it is no text.

    >>> decoded("批次,步数".encode("gbk"), "t.csv"), decoded("Größe,Schritte".encode("cp1252"), "t.csv")
    ('批次,步数', 'Größe,Schritte')
    """
    what = known_binary(data)
    if what is not None:
        raise DataError(f"{source} must be a text table, it is {what}")
    encoding, mark = encoding_of(data)
    if mark or encoding.startswith(("utf-16", "utf-32")):
        return _strict(data[mark:], encoding, source)
    text = data.decode(encoding, errors="replace")
    if len(data.translate(None, _CONTROL)) < len(data):
        raise DataError(f"{source} must be a text table, it holds control characters")
    return text


def known_binary(data: bytes) -> str | None:
    """What data in a known format that is no text are, with the fix; None for any other."""
    return next((what for start, what in _NOT_TABLES if data.startswith(start)), None)


def encoding_of(data: bytes, *, whole: bool = True) -> tuple[str, int]:
    """The encoding of a text, or of its beginning if not ``whole``, and the length of its byte order mark.

    >>> encoding_of(b"\\xff\\xfea\\0"), encoding_of("批次".encode("gbk"))
    (('utf-16-le', 2), ('gb18030', 0))
    >>> encoding_of("批次".encode()[:-1], whole=False)
    ('utf-8', 0)
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    if b"\0" in data[:1000]:
        odd, even = data[1:1000:2].count(0), data[0:1000:2].count(0)
        return "utf-16-le" if odd > even else "utf-16-be", 0
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
        return "utf-8", 0
    except UnicodeDecodeError:
        return "gb18030" if _reads_as_gbk(data, whole) else "cp1252", 0


def _strict(data: bytes, encoding: str, source: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise DataError(f"{source} must be a text table, it is damaged: not {encoding.upper()}") from None
    if "\0" in text:
        raise DataError(f"{source} must be a text table, it holds control characters")
    return text


def _reads_as_gbk(data: bytes, whole: bool) -> bool:
    """Whether the bytes beyond ASCII come in pairs of which most are characters in daily use.

    In Latin-1 they stand alone, between letters.
    """
    try:
        codecs.getincrementaldecoder("gb18030")().decode(data, final=whole)
    except UnicodeDecodeError:
        return False
    pairs = common = i = 0
    while i < min(len(data), 100_000):
        if data[i] < 0x80:
            i += 1
            continue
        pairs += 1
        common += data[i] in _COMMON_HANZI and data[i + 1 : i + 2] >= b"\xa1"
        i += 2
    return 2 * common > pairs
