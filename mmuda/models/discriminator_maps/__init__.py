"""What discriminators see of a student, one kind per file."""

from mmuda.models.discriminator_maps.classifier_probabilities import ClassifierProbabilities
from mmuda.models.discriminator_maps.cross_task import CrossTaskRelation
from mmuda.models.discriminator_maps.discriminator_maps import DiscriminatorMaps
from mmuda.models.discriminator_maps.self_information import SelfInformation

__all__ = ['ClassifierProbabilities', 'CrossTaskRelation', 'DiscriminatorMaps', 'SelfInformation']
