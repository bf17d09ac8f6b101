"""Says what a block means, and checks execution engines against it."""
