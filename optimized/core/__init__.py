"""What every strategy and every machine stands on: the arena, versioned memory, the scheduler, the worker loop."""
