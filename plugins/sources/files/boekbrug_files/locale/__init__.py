"""Texts of the problem codes, one module per language: message, cause and fix by code."""
