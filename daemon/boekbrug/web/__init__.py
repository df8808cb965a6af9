"""The pages: what boekbrug shows to people, to vendors and to the machines that watch it."""

from boekbrug.web.app import create_app

__all__ = ["create_app"]
