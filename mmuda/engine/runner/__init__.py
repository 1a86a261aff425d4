from mmuda.engine.runner.self_training_runner import SelfTrainingRunner
from mmuda.engine.runner.uda_train_loop import UDATrainLoop

__all__ = ['SelfTrainingRunner', 'UDATrainLoop']
