"""Discriminators: probability maps in, a list of patch maps out."""

from mmuda.models.discriminators.fc_discriminator import FCDiscriminator
from mmuda.models.discriminators.multi_scale_discriminator import MultiScaleDiscriminator

__all__ = ['FCDiscriminator', 'MultiScaleDiscriminator']
