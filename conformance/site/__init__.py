"""The site: documents, every rule, hazard and vector by name, and the history of the benchmarks, for `mkdocs build`."""
