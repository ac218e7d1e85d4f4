"""What whoever runs the service needs: backups that can be trusted, figures to watch, keys to turn."""
