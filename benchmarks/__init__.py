"""What is measured, each in a file of its own: see README.md in this folder."""
