"""It grows."""

from tests.fuzz.planted.harm import Planted, keeps

TARGET = Planted(keeps)
