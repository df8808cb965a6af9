"""The problem codes of the house as data, and the catalogue that plugins add theirs to."""

from boekbrug.problems.catalogue import Catalogue, CodeRefused
from boekbrug.problems.loading import LANGUAGES, catalogue

__all__ = ["LANGUAGES", "Catalogue", "CodeRefused", "catalogue"]
