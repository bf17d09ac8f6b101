"""For other compiled modules alone: nothing here can be called from Python."""
