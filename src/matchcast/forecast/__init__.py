"""What is known of a match, into the probability of how it ends."""
