"""Where a block spends its gas and its time, what makes its transactions wait, and what to do about it."""
