"""Flow.cl. Nobody imports this package but by the dotted path in GATEWAYS."""

from .client import FlowClient
from .gateway import FlowGateway

__all__ = ["FlowClient", "FlowGateway"]
