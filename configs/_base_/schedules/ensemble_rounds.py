# One round of student training on labels that teachers have fused; the rate decays to 0.
_base_ = './ensemble_student.py'

runner_type = 'SelfTrainingRunner'
train_cfg = dict(num_rounds=1, iterations=100001, learning_rate=dict(decay='poly', power=0.9))
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
