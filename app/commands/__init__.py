"""The commands, one file each, imported only when called.

Part of `cli`: they speak to a person or a script and to the appliance, nothing imports them but `cli`.
"""
