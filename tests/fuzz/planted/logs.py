"""It logs."""

from tests.fuzz.planted.harm import Planted, logs

TARGET = Planted(logs)
