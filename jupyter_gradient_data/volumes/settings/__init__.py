"""``.gradient/settings.yaml`` of the workspace: the list of what to mount."""
