"""Count operations and parameters of a model with MMSegmentation's own get_flops.py, whose arguments these are.

    python tools/analysis_tools/get_flops.py CONFIG --shape 1024 2048    # height, width

Of a UDASegmentor the student is counted, which is what predicts: no teacher, discriminator or auxiliary head.
The stock tool gives mmengine the shape beside the image, which mmengine 0.10 refuses; here the image alone.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmuda.compat import load_stock_tool  # noqa: E402

# isort: split
from mmengine.analysis import get_model_complexity_info  # noqa: E402
from mmengine.config import Config  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from tools.export_segmentor import student_config  # noqa: E402


def complexity(model: nn.Module, input_shape: tuple[int, ...] | None, inputs: Tensor, **options: Any) -> dict[str, Any]:
    """mmengine's count for an image (1, 3, H, W), in the signature that the stock tool calls."""
    return get_model_complexity_info(model, inputs=inputs, **options)


def main() -> None:
    stock = load_stock_tool('analysis_tools/get_flops.py')
    stock.get_model_complexity_info = complexity
    args = stock.parse_args()
    config = Config.fromfile(args.config)
    config.merge_from_dict(args.cfg_options or {})
    if config.model.type.split('.')[-1] == 'UDASegmentor':
        config.model = student_config(config.model.to_dict())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'student.py'
        config.dump(path)
        sys.argv[1:] = [str(path), '--shape', *map(str, args.shape)]
        stock.main()


if __name__ == '__main__':
    main()
