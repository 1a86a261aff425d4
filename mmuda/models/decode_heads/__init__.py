from mmuda.models.decode_heads.dual_classifier_head import DualClassifierHead

__all__ = ['DualClassifierHead']
