from mmuda.engine.runner.self_training_loop import SelfTrainingLoop
from mmuda.engine.runner.self_training_runner import SelfTrainingRunner
from mmuda.engine.runner.uda_train_loop import UDATrainLoop

__all__ = ['SelfTrainingLoop', 'SelfTrainingRunner', 'UDATrainLoop']
