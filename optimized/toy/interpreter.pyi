"""One transaction of the toy machine."""
