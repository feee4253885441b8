"""What each event asks of the state before it can be recorded, by subject."""
