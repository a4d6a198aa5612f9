"""How the file gets onto a machine: layout, plan, apply, targets."""
