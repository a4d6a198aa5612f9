"""The copilot's way out: what is masked, what is asked, and how the endpoint is set. Off until somebody sets one."""
