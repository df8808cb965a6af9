"""A stand-in of Exact Online that enforces what its fact sheet says, written without looking at the plugin."""
