"""Programs that are part of the runtime, and what becomes of an instruction of any other."""
