"""One service that opens Mexico's public contracts."""
