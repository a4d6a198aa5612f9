"""`python -m installer.bootloader`: builds it with this machine's compiler and prints where it lies."""

from installer.bootloader.build import bootloader

if __name__ == "__main__":
    print(bootloader())
