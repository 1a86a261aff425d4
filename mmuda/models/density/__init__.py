"""How likely a depth is for a class at a place of the image."""

from mmuda.models.density.density_model import DensityModel

__all__ = ['DensityModel']
