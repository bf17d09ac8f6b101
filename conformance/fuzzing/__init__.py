"""Random blocks until an engine departs from the specification, and the smallest block that still makes it do so."""
