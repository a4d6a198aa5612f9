"""It slow."""

from tests.fuzz.planted.harm import Planted, burns

TARGET = Planted(burns)
