"""A page as Markdown, for documentation: figures are files beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batchwright.report.page import Block, Code, Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.render.actions import typed
from batchwright.report.text.columns import written


def page_markdown(page: Page, picture: Callable[[Figure], str]) -> str:
    """The page as Markdown, ending with a line feed.

    Args:
        page: what to show.
        picture: the path of a figure's file, as the document links to it.
    """
    parts = [f"# {page.title}", f"*{page.eyebrow}*", f"**{page.headline}**"]
    headline = next((b for b in page.all(Sentence) if b.role == "answer"), None)
    for block in page.blocks:
        if block is not headline:
            parts += _block(block, picture)
    return "\n\n".join(parts) + "\n"


def _block(block: Block, picture: Callable[[Figure], str]) -> Iterator[str]:
    heading = getattr(block, "heading", "")
    if heading:
        yield f"## {heading}"
    if isinstance(block, Table):
        yield table_markdown(block)
    elif isinstance(block, Figure):
        yield f"### {block.title}\n\n{block.takeaway}\n\n![{block.title}]({picture(block)})"
    elif isinstance(block, Code):
        yield f"```python\n{block.text}\n```"
    elif isinstance(block, NextStep):
        yield f"{block.why}\n\n```\n{typed(block.action)}\n```".lstrip()
    elif isinstance(block, Sentence | Note):
        yield block.text


def table_markdown(table: Table) -> str:
    """A table of pipes; a cell that links to an anchor links to the document of that name.

    >>> from batchwright.report.page import Column
    >>> print(table_markdown(Table(columns=[Column(heading="a|b", values=[1, 2], kind="count")])))
    | a\\|b |
    |---:|
    | 1 |
    | 2 |
    """
    columns = written(table)
    lines = [
        [_cell(column.heading) for column in columns],
        ["---" if column.left else "---:" for column in columns],
    ]
    links = table.columns[0].links
    for place, cells in enumerate(zip(*(column.cells for column in columns), strict=True)):
        first, *rest = map(_cell, cells)
        lines.append([f"[{first}]({links[place]}.md)" if links else first, *rest])
    head, rule, *body = lines
    return "\n".join(
        [f"| {' | '.join(head)} |", f"|{'|'.join(rule)}|", *(f"| {' | '.join(b)} |" for b in body)]
    )


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")
