# Experiment 4: stage 1, if it is not there, pseudo labels and stage 2.
_base_ = [
    '../_base_/default_runtime.py',
    '../_base_/datasets/mapillary_pool_1280x760.py',
    '../_base_/methods/depth_distribution_stage2.py',
    '../_base_/schedules/depth_distribution_round.py',
]
model = dict(segmentor=dict(decode_head=dict(num_classes=7)))
train_cfg = dict(labels=dict(predictor=dict(fit=True), labeler=dict(min_pixels=(100, 87, 50, 62, 57, 54, 54))))
custom_hooks = [
    dict(
        type='StageCheckpointHook',
        config='configs/depth_distribution/synthia2mapillary_stage1.py',
        train=True,
    ),
]
work_dir = 'work_dirs/depth_distribution/synthia2mapillary'
