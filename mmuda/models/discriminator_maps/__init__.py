"""What discriminators see of a student, one kind per file."""

from mmuda.models.discriminator_maps.classifier_probabilities import ClassifierProbabilities
from mmuda.models.discriminator_maps.discriminator_maps import DiscriminatorMaps

__all__ = ['ClassifierProbabilities', 'DiscriminatorMaps']
