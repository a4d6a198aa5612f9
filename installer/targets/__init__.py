"""What is written for each kind of machine: a unit of systemd, a start script, an image, a manifest. Pure text."""
