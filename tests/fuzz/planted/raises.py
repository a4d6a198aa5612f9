"""It raises."""

from tests.fuzz.planted.harm import Planted, raises

TARGET = Planted(raises)
