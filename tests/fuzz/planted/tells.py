"""It tells."""

from tests.fuzz.planted.harm import Planted, tells

TARGET = Planted(tells)
