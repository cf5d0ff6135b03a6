// Delete me with the first test.
