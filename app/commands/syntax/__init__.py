"""What may be written on the command line: every command with its options, its words and an example.

Part of `cli`: read at every call, so nothing here imports what a command does; each names it as `module:function`.
"""
