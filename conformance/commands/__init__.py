"""The commands of `samestate`, one a module."""
