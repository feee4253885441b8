"""The agency (J-LIS) as simulated: it issues certificates and publishes revocation lists."""
