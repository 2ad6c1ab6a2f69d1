"""Faces as columns of Arrow tables, for engines that pass tables to workers."""

from .operator import DetectFaces

__all__ = ["DetectFaces"]
