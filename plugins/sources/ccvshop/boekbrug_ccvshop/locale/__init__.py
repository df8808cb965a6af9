"""What is said to people, per language: message, cause and fix of each problem, and the labels of settings."""
