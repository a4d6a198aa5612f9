"""Whole-appliance journeys: a real server process, real sockets, a real browser. Marker `full`."""
