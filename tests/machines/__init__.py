"""Machines of Debian with their own systemd, booted here by systemd-nspawn. Root only; marker `full`."""
