from mmuda.engine.self_training.loop import SelfTrainingLoop
from mmuda.engine.self_training.model_labels import ModelLabels
from mmuda.engine.self_training.round_labels import RoundLabels
from mmuda.engine.self_training.schedules import LearningRateSchedule, RoundRates
from mmuda.engine.self_training.teacher_labels import TeacherLabels

__all__ = ['LearningRateSchedule', 'ModelLabels', 'RoundLabels', 'RoundRates', 'SelfTrainingLoop', 'TeacherLabels']
