"""What is measured while commands work: metrics by name, summed up over processes, and where they are to be had."""
