"""What people see: the console, the widget, the visitor's page, the demo shop (TypeScript under `src/`).

`assets` holds the built files in memory for the gateway's front; nothing else of this room runs in Python.
"""
