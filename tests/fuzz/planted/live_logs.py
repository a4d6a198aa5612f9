"""The running server tells its log, not its client, that something broke."""

from tests.fuzz.live.sockets import Sockets


class Planted(Sockets):
    def look(self, told: bytes) -> None:
        with self.ground.appliance.log.open("a") as log:
            log.write('{"level":"error","message":"something broke within"}\n')


make = Planted
