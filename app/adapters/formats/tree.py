"""The value model between formats: what every document becomes, and every document is made of.

Whole numbers are `int` whatever their size, fractions `Decimal` (never `float`: 0.1 stays 0.1), times are text until a
map says what they are. A tree is at most `DEPTH_MAX` deep.
"""

from decimal import Decimal
from typing import TypeAlias, Union

Tree: TypeAlias = Union[bool, int, Decimal, str, bytes, list["Tree"], dict[str, "Tree"], None]  # noqa: UP007 - names itself

DEPTH_MAX = 64  # of any document, in any format; design.md §11
# Of a fraction, before or after its point, an exponent written out: 1E999999999 is short until somebody makes a whole
# number of it. Doubles have 308.
DIGITS_MAX = 400
