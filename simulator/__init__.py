"""A simulated JPKI: the authority, the citizen and the plastic. Everything here is invented."""
