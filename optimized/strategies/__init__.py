"""In what order workers execute: one module a strategy. None of them knows which machine it runs."""
