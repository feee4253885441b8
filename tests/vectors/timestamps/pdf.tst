%PDF-1.7 is no timestamp
