"""Windows that ask for something before they do it."""
