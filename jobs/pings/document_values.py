"""The values at chosen paths of a JSON document: decoded in one typed pass, or walked through slowly where the types are not as declared.

The typed pass skips whatever lies beside the paths, which is nearly all of a main ping. It refuses a document in which something other
than an object stands where a path runs through (null included), and text that is not UTF-8 or holds half of a surrogate pair in any key
or in any value that is read. The slow walk takes such documents apart: where an object belongs and something else stands, nothing is below
it. Both give the same values for a document that both can read.
"""

import json
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NoReturn

import msgspec

from jobs.pings.client_values import Rejected, path_names
from jobs.pings.reject_reasons import RejectReason

Values = tuple[object, ...]
Names = tuple[str, ...]

UNREADABLE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What `DocumentReader.read` raises for a line that has to be walked through."""

_Tree = dict[str, "_Tree | None"]


class DocumentReader:
    """Reads the values at `paths` (dotted, as jobs/declarations/product.py has them), in their order; `required` names top-level objects that a document must have."""

    def __init__(self, paths: tuple[str, ...], required: tuple[str, ...]) -> None:
        self._names = [path_names(path) for path in paths]
        tree = _path_tree(self._names)
        leaves = [names for names in self._names if _is_leaf(tree, names)]
        self._required = required
        self._decode = msgspec.json.Decoder(_struct(tree, required)).decode
        self._leaf_values = attrgetter(*(".".join(map(_attribute, leaf)) for leaf in leaves))
        # A path that runs through another one's leaf (a condition on one experiment, say) goes on from the leaf's value.
        self._beyond_leaves = None if len(leaves) == len(paths) else [_from_leaf(names, leaves) for names in self._names]

    def read(self, line: Any) -> Values:
        """The values; raises one of UNREADABLE_ERRORS for a line that is no such document."""
        values: Values = self._leaf_values(self._decode(line))
        if self._beyond_leaves is None:
            return values
        return tuple(value_at(values[index], names) for index, names in self._beyond_leaves)

    def read_slowly(self, line: bytes) -> tuple[Values, frozenset[str]]:
        """The values and the required objects that are missing; raises Rejected for a line that is not a JSON object."""
        document = parse_slowly(line)
        missing = frozenset(name for name in self._required if not isinstance(document.get(name), dict))
        return tuple(value_at(document, names) for names in self._names), missing


def parse_slowly(line: bytes) -> dict[str, Any]:
    """The whole document; bytes that are not UTF-8 become halves of surrogate pairs, which the rules for text refuse where they matter."""
    try:
        document = json.loads(line.decode("utf-8", "surrogateescape"), parse_constant=_refuse_constant)
    except ValueError:
        raise Rejected(RejectReason.NOT_JSON) from None
    except RecursionError:
        raise Rejected(RejectReason.NESTED_TOO_DEEP) from None
    if not isinstance(document, dict):
        raise Rejected(RejectReason.NOT_AN_OBJECT)
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")  # NaN and Infinity, which Python's parser would take


def value_at(value: object, names: Sequence[str]) -> object:
    """What lies along the names; None where something else than an object stands on the way."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _path_tree(paths: Sequence[Names]) -> _Tree:
    """Objects as trees of their names; a leaf is None. Of two paths, one of which begins the other, the shorter one is the leaf."""
    tree: _Tree = {}
    for path in sorted(set(paths), key=len, reverse=True):
        node = tree
        *parents, name = path
        for parent in parents:
            node = node.setdefault(parent, {})  # type: ignore[assignment]
        node[name] = None
    return tree


def _is_leaf(tree: _Tree, path: Names) -> bool:
    node: _Tree | None = tree
    for name in path:
        if node is None:
            return False
        node = node[name]
    return node is None


def _from_leaf(path: Names, leaves: Sequence[Names]) -> tuple[int, Names]:
    """The leaf's index, and the names from there on."""
    index = next(i for i, leaf in enumerate(leaves) if path[: len(leaf)] == leaf)
    return index, path[len(leaves[index]) :]


def _attribute(name: str) -> str:
    """Names such as `0` or `@type` are none for Python; any text is, as hexadecimal digits."""
    return "f" + name.encode().hex()


def _struct(tree: _Tree, required: tuple[str, ...] = ()) -> type[msgspec.Struct]:
    fields: list[Any] = []
    for name, subtree in tree.items():
        if subtree is None:
            fields.append((_attribute(name), Any, None))
            continue
        node = _struct(subtree)
        # An object that is absent reads as an empty one, so that every leaf can be reached.
        default = msgspec.NODEFAULT if name in required else msgspec.field(default_factory=node)
        fields.append((_attribute(name), node, default))
    names = {_attribute(name): name for name in tree}
    return msgspec.defstruct("Document", fields, rename=names, kw_only=True, gc=False)
