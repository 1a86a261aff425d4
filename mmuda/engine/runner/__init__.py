from mmuda.engine.runner.uda_train_loop import UDATrainLoop

__all__ = ['UDATrainLoop']
