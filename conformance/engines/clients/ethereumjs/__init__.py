"""ethereumjs, by a script of this project, in a process that is kept."""
