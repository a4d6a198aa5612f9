"""The running server is gone after the first inputs."""

from tests.fuzz.live.http2 import Http2


class Planted(Http2):
    def look(self, told: bytes) -> None:
        self.ground.appliance.kill()


make = Planted
