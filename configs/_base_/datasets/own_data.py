# Own data: change the folders, suffixes, classes, palette and sizes of this file.
#
#     data/mydata/sim/images/**/<stem>.jpg    source images, in subfolders or not
#     data/mydata/sim/labels/**/<stem>.png    their labels: 8-bit PNG of class indices 0, 1, ...; 255 is ignored
#     data/mydata/real/images/**/<stem>.jpg   target images, without labels
#
# The label of an image has its stem: <labels>/<stem><seg_map_suffix> for <images>/<stem><img_suffix>.
classes = ('background', 'road', 'car')
palette = [[0, 0, 0], [128, 64, 128], [0, 0, 142]]  # R, G, B of each class
files = dict(
    type='FolderDataset', metainfo=dict(classes=classes, palette=palette), img_suffix='.jpg', seg_map_suffix='.png'
)
source_files = dict(data_root='data/mydata/sim', data_prefix=dict(img_path='images', seg_map_path='labels'), **files)
target_files = dict(data_root='data/mydata/real', data_prefix=dict(img_path='images'), **files)

# Sizes are (width, height), crops (height, width). For the small network sides are 32 n + 1, see ../small.py.
source_pipeline = [
    dict(type='LoadImageStrict'),
    dict(type='LoadLabelIds'),
    dict(type='JitteredResize', scale=(129, 97), ratio_range=(1.0, 1.5)),
    dict(type='HardSampleCrop', crop_size=(97, 97), min_distinct=3),
    dict(type='HorizontalFlip'),
    dict(type='PackSegInputs'),
]
target_pipeline = [step for step in source_pipeline if step['type'] != 'LoadLabelIds']
test_pipeline = [
    dict(type='LoadImageFromFile', imdecode_backend='pillow'),
    dict(type='Resize', scale=(129, 97), interpolation='bicubic', backend='pillow'),
    dict(type='LoadLabelIds', required=False),
    dict(type='PackSegInputs'),
]

train_dataloader = dict(
    batch_size=2,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='UDASampler'),
    dataset=dict(
        type='UDADataset',
        source=dict(pipeline=source_pipeline, **source_files),
        target=dict(pipeline=target_pipeline, **target_files),
    ),
)
# Without labels of the target nothing is measured; testing writes the predictions (--out).
test_dataloader = dict(
    batch_size=1,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(pipeline=test_pipeline, **target_files),
)
test_evaluator = dict(type='UDAIoUMetric')
