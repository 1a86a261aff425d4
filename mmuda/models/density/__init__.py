"""How likely a depth is for a class at a place of the image."""

from mmuda.models.density.density_model import DensityModel
from mmuda.models.density.mixture_density import MixtureDensity
from mmuda.models.density.mixtures import Mixtures, fit_mixtures

__all__ = ['DensityModel', 'MixtureDensity', 'Mixtures', 'fit_mixtures']
