import torch

import mmuda  # noqa: F401  (registers everything, makes the stack work)

torch.set_num_threads(1)
