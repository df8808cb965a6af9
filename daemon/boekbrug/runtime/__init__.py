"""What surrounds the engine: settings, log, metrics, secrets, the plugin host and the ports behind Context."""
