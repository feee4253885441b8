"""The card's language: APDUs, layout, PINs and the JPKI application. No reader here."""
