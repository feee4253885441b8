"""The software card: contents, commands as a function, and the doors it is reached through."""
