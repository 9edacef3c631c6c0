"""What the tests share: a repository that can be changed and can lie, a server of it, and a driver
of the client under test."""

from .client import Client
from .repository import Repository
from .rig import Rig
from .server import Server

__all__ = ["Client", "Repository", "Rig", "Server"]
