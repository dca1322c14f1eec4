"""What Citystrata computes against outside sources: closed forms, other programs, measurements."""
