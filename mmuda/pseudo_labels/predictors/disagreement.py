"""Where the two classifiers of a network disagree."""

import torch.nn.functional as F
from torch import Tensor


def disagreement(aux: Tensor, main: Tensor) -> Tensor:
    """Map of ``KL(softmax(main) || softmax(aux))``, scaled to [0, 1] per image.

    The uncertainty picture that MRNet's labeling script writes beside the pseudo labels (Zheng and
    Yang, IJCV 2021).

    Args:
        aux (Tensor): (N, C, H, W), logits of the auxiliary classifier.
        main (Tensor): (N, C, H, W), logits of the primary classifier.

    Returns:
        Tensor: (N, H, W); the highest value of each image is 1, or all are 0 where the classifiers agree.
    """
    divergence = F.kl_div(aux.log_softmax(dim=1), main.log_softmax(dim=1), reduction='none', log_target=True)
    divergence = divergence.sum(dim=1).clamp_min(0)
    highest = divergence.amax(dim=(1, 2), keepdim=True)
    return divergence / highest.where(highest > 0, 1.0)
