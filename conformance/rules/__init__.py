"""The rules of the specification by their anchors, and which of them cases reach."""
