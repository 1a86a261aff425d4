"""Docstrings as the reference shows them: an extension of griffe, which mkdocstrings reads modules with."""

import re
from typing import Any

import griffe

ROLE = re.compile(r':(?:class|func|meth|mod|attr|data):`~?([\w.]+)`')


class Docstrings(griffe.Extension):
    """Read ``Example:`` as a section with code, and show a name that is referred to by its last part."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Change the text of a docstring before it is parsed."""
        if obj.docstring is not None:
            text = re.sub(r'^Example:$', 'Examples:', obj.docstring.value, flags=re.MULTILINE)
            obj.docstring.value = ROLE.sub(lambda match: f'`{match[1].split(".")[-1]}`', text)
