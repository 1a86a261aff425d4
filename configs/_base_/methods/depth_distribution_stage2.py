# Depth Distribution, stage 2: self-training on pseudo labels of the target alone. One round of 30k iterations, at the
# beginning of stage 1's schedule of 90k.
_base_ = '../default_runtime.py'

objectives = [dict(type='Supervision', view='pool')]
backbone = dict(init_cfg=None)  # StageCheckpointHook gives the weights
# The smallest component of a class: 16 classes, 7 classes of Cityscapes, and of Mapillary Vistas.
min_pixels_16 = (3165, 3311, 5000, 89, 89, 219, 50, 61, 1788, 1202, 762, 123, 730, 302, 78, 81)
min_pixels_7 = (1000, 772, 100, 316, 234, 173, 173)
mapillary_min_pixels = (100, 87, 50, 62, 57, 54, 54)

runner_type = 'SelfTrainingRunner'
find_unused_parameters = True  # on several devices: density and depth are not trained
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4))
train_cfg = dict(
    num_rounds=1,
    iterations=30000,
    val_interval=1000,
    learning_rate=dict(decay='poly', power=0.9, span=3.0),
    labels=dict(
        type='ModelLabels',
        predictor=dict(type='FixedSizePredictor', scale=(1280, 760)),
        labeler=dict(type='ComponentLabeler', threshold=0.9, min_pixels=min_pixels_16),
    ),
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
