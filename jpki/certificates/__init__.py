"""The certificates themselves: names, profiles, reading, and the authorities that sign them."""
