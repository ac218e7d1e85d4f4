"""The registry of suppliers, officials, units and bodies: typed once, used in every process."""
