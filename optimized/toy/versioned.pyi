"""The toy machine as an executor for the core's worker loop."""
