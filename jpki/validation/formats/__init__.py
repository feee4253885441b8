"""One reader for each format that signatures travel in; all of them answer with the same claims."""
