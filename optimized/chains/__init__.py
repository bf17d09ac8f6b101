"""Messages between chains that run at once: what is on its way, what is due, what it becomes, and one root over all."""
