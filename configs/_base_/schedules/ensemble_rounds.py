# One round of student training on labels that teachers have fused; the rate decays to 0.
_base_ = './ensemble_student.py'

# How teachers see an image: as they were tested by their authors, or, where that was at several sizes, as they label.
mrnet_predictor = dict(type='MultiViewPredictor', scales=[(1024, 512), (1280, 640)])
dacs_predictor = dict(type='MultiViewPredictor', scales=[(1024, 512)], flip=False, interpolation='bilinear')
crst_predictor = dict(type='LogitMapPredictor', scale=0.9, backend='cv2')  # CBST on DeepLab-v2, too

runner_type = 'SelfTrainingRunner'
train_cfg = dict(num_rounds=1, iterations=100001, learning_rate=dict(decay='poly', power=0.9))
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
