"""What goes into a support bundle, and what of it is told: `parts` gather, `discretion` decides, `bundle` writes.

Part of `cli`: called by `commands.support_bundle` alone. What is told is what is known to be ours: nobody looks for
what is to be left out, for everything else is.
"""
