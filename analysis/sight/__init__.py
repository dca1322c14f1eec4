"""What analyses of visibility are made of; the analyses themselves stand one floor up."""
