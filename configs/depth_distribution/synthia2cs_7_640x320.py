# Experiment 3: stage 1, if it is not there, pseudo labels and stage 2.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/cs_pool_640x320_7.py',
    '../_base_/methods/depth_distribution_stage2.py',
    '../_base_/schedules/depth_distribution_round.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=7)))
train_cfg = dict(
    labels=dict(predictor=dict(scale=(640, 320)), labeler=dict(min_pixels=(1000, 772, 100, 316, 234, 173, 173)))
)
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        config='configs/depth_distribution/synthia2cs_7_640x320_stage1.py',
        train=True,
    ),
]
work_dir = 'work_dirs/depth_distribution/synthia2cs_7_640x320'
