"""One script per figure; each prints a ratio against a named peer measured in the same run."""
