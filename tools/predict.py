"""Predict images, a folder of them or a video: masks, overlays and confidences, at the size of each image.

    python tools/predict.py CONFIG CHECKPOINT IMAGES --out DIR [--what masks overlays confidence]

IMAGES is an image, a folder (with the folders below it) or a video. Of an image `rome/7.jpg` it writes

    DIR/masks/rome/7.png       index of the class of each pixel, in the colors of the classes
    DIR/overlays/rome/7.jpg    the image with these colors over it
    DIR/confidence/rome/7.png  highest probability of each pixel, 0 to 255 for 0 to 1

and of frame 12 of `drive.mp4` DIR/masks/drive/000012.png and so on. Each file is there whole or not at all.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mmuda  # noqa: E402, F401  (makes the stack work: before mmseg)

# isort: split
import numpy as np  # noqa: E402
import torch  # noqa: E402
from mmengine.config import Config  # noqa: E402
from mmengine.dataset import Compose  # noqa: E402
from mmengine.device import get_device  # noqa: E402
from mmengine.runner import load_checkpoint  # noqa: E402
from mmseg.apis import init_model  # noqa: E402
from mmseg.datasets import BaseSegDataset  # noqa: E402
from mmseg.datasets.transforms import LoadImageFromNDArray  # noqa: E402
from mmseg.models import BaseSegmentor  # noqa: E402
from mmseg.registry import DATASETS  # noqa: E402
from PIL import Image  # noqa: E402

from mmuda.models.segmentors import UDASegmentor  # noqa: E402
from mmuda.models.segmentors.architecture import architecture_difference  # noqa: E402
from mmuda.pseudo_labels.pictures import color_picture  # noqa: E402
from mmuda.pseudo_labels.planes import CONFIDENCE  # noqa: E402
from mmuda.utils.files import replace_file  # noqa: E402
from mmuda.utils.progress import progress  # noqa: E402
from tools.prediction.frames import Frame, find_images  # noqa: E402

WHAT = {'masks': '.png', 'overlays': '.jpg', 'confidence': '.png'}


def check_out(out: Path, images: Path, overwrite: bool) -> None:
    """Refuse a folder whose files would be mixed up with ours.

    Raises:
        ValueError: If it is one.
    """
    if out.exists() and not out.is_dir():
        raise ValueError(f'--out {out} is a file, expected a folder')
    if images.is_dir() and images.resolve() in (out.resolve(), *out.resolve().parents):
        raise ValueError(f'--out {out} lies in {images}, where the next run would take predictions for images')
    if not overwrite and out.is_dir() and any(out.iterdir()):
        raise ValueError(
            f'--out {out} holds files already, such as {min(out.iterdir()).name}: name a new folder, or replace '
            'predictions of the same names with --overwrite'
        )


def load_model(config: Config, checkpoint: str, device: str) -> tuple[BaseSegmentor, list]:
    """Return the trained model and the colors of its classes.

    Raises:
        ValueError: If the checkpoint is of other classes than the config, or the colors are not known.
        RuntimeError: If it is of another architecture.
    """
    model = init_model(config, device=device)
    loaded = load_checkpoint(model, checkpoint, map_location='cpu')
    if not isinstance(model, UDASegmentor):  # which refuses others itself; mmengine loads what fits and warns
        weights = loaded.get('state_dict', loaded)
        given = {key.removeprefix('module.'): value for key, value in weights.items()}
        different = architecture_difference(model.state_dict(), given)
        if different:
            raise RuntimeError(f'{checkpoint} is of another architecture than {config.filename}: {different}')
    meta = loaded.get('meta', {}).get('dataset_meta')
    if meta is None:  # weights that a converter wrote
        meta = _meta_of_test_data(config)
    classes, palette = meta.get('classes') or (), meta.get('palette') or ()
    if not len(classes) == len(palette) == model.decode_head.num_classes:
        raise ValueError(
            f'{config.filename} has a head of {model.decode_head.num_classes} classes, {checkpoint} names '
            f'{len(classes)} classes and {len(palette)} colors: use the config of its training, with '
            'metainfo=dict(classes=(...), palette=[...]) in its data sets'
        )
    return model, list(palette)


def _meta_of_test_data(config: Config) -> dict:
    dataset = config.get('test_dataloader', {}).get('dataset', {})
    cls = DATASETS.get(dataset['type']) if 'type' in dataset else None
    own = cls.METAINFO if cls is not None and issubclass(cls, BaseSegDataset) else {}
    return {**own, **dataset.get('metainfo', {})}


class Predictor:
    """The stock test step on images in memory, in batches and in half precision.

    Args:
        model (BaseSegmentor): In evaluation mode.
        pipeline (Sequence[dict]): ``test_pipeline`` of the config, of which the first transform loads the image.
        amp (bool): Whether in half precision: float16 on a GPU, bfloat16 on the CPU.
    """

    def __init__(self, model: BaseSegmentor, pipeline: Sequence[dict], amp: bool) -> None:
        self.model, self.amp = model, amp
        self.device = next(model.parameters()).device
        load = LoadImageFromNDArray(to_float32=pipeline[0].get('to_float32', False))
        self.transform = Compose([load, *(step for step in pipeline[1:] if step['type'] != 'LoadAnnotations')])

    def __call__(self, images: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield label (H, W), uint8, and confidence (H, W), float32 from 0 to 1, of images of any sizes.

        Those of one size pass the network together; others would be padded, which changes predictions. What the
        pipeline itself fills at the right or the bottom, as FitAndPad does, is cut off.

        Raises:
            ValueError: If the pipeline predicts at another size than that of the image.
        """
        data = [self.transform(dict(img=image)) for image in images]
        sizes = [(one['inputs'].shape, one['data_samples'].ori_shape) for one in data]
        results: list = [None] * len(data)
        for size in dict.fromkeys(sizes):
            places = [place for place, other in enumerate(sizes) if other == size]
            for place, result in zip(places, self._predict([data[place] for place in places])):
                results[place] = result
        for image, (label, confidence) in zip(images, results):
            height, width = image.shape[:2]
            spare = label.shape[0] - height, label.shape[1] - width
            if min(spare) != 0:  # one side fits, or the image was enlarged
                raise ValueError(
                    f'the test_pipeline makes predictions of (H, W) = {label.shape} of an image of {(height, width)}: '
                    "set label='full' in its FitAndPad"
                )
            yield label[:height, :width], confidence[:height, :width]

    @torch.no_grad()
    def _predict(self, data: Sequence[dict]) -> list[tuple[np.ndarray, np.ndarray]]:
        batch = {key: [one[key] for one in data] for key in ('inputs', 'data_samples')}
        dtype = torch.float16 if self.device.type == 'cuda' else torch.bfloat16
        with torch.autocast(self.device.type, dtype, enabled=self.amp):
            samples = self.model.test_step(batch)
        results = []
        for sample in samples:
            values = sample.seg_logits.data.float()
            if len(values) == 1:  # one output for two classes, a probability already
                values = torch.cat([1 - values, values])
            else:
                values = values.softmax(dim=0)
            label = sample.pred_sem_seg.data[0].to(torch.uint8)
            results.append((label.cpu().numpy(), values.amax(dim=0).cpu().numpy()))
        return results


def write(
    out: Path, what: Iterable[str], frame: Frame, mask: Image.Image, confidence: np.ndarray, alpha: float
) -> None:
    """Write the predictions of one image, each whole or not at all."""
    name, image = frame
    paths = {kind: out / kind / f'{name}{WHAT[kind]}' for kind in what}
    if 'masks' in paths:
        replace_file(paths['masks'], lambda file: mask.save(file, format='png'))
    if 'overlays' in paths:
        overlay = Image.blend(Image.fromarray(image[..., ::-1].copy()), mask.convert('RGB'), alpha)
        replace_file(paths['overlays'], lambda file: overlay.save(file, format='jpeg', quality=92))
    if 'confidence' in paths:
        replace_file(paths['confidence'], lambda file: CONFIDENCE.write(confidence, file))


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config of the training, or of an exported student')
    parser.add_argument('checkpoint', help='what was trained with it')
    parser.add_argument('images', type=Path, help='an image, a folder of images (or frames) or a video')
    parser.add_argument('--out', type=Path, required=True, help='folder to write to, a new or an empty one')
    parser.add_argument('--what', nargs='+', choices=WHAT, default=list(WHAT), help='by default all')
    parser.add_argument('--batch-size', type=int, default=1, help='images at a time, where they are of one size')
    parser.add_argument('--amp', action='store_true', help='half precision: float16 on a GPU, bfloat16 on the CPU')
    parser.add_argument('--opacity', type=float, default=0.5, help='of the colors of overlays, 0 to 1')
    parser.add_argument('--device', default=get_device(), help='by default a GPU where there is one')
    parser.add_argument('--skip-broken', action='store_true', help='leave out files that are no images')
    parser.add_argument('--overwrite', action='store_true', help='write also into a folder that has files')
    args = parser.parse_args()
    if args.batch_size < 1:
        parser.error(f'--batch-size {args.batch_size}: expected 1 or more')
    if not 0 <= args.opacity <= 1:
        parser.error(f'--opacity {args.opacity}: expected 0 to 1')
    return args


def main() -> None:
    args = parse_args()
    try:
        check_out(args.out, args.images, args.overwrite)
        config = Config.fromfile(args.config)
        if not config.get('test_pipeline'):
            raise ValueError(f'{args.config} has no test_pipeline, which says how images become inputs')
        decoder = config.test_pipeline[0].get('imdecode_backend', 'pillow')
        images = find_images(args.images, decoder, args.skip_broken)
        model, palette = load_model(config, args.checkpoint, args.device)
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f'predict: {error}')
    predict, frames, written = Predictor(model, config.test_pipeline, args.amp), progress(images, 'Predictions'), 0
    try:
        while batch := list(islice(frames, args.batch_size)):
            for frame, (label, confidence) in zip(batch, predict([image for _, image in batch])):
                write(args.out, args.what, frame, color_picture(label, palette), confidence, args.opacity)
                written += 1
    except (ValueError, OSError) as error:
        sys.exit(f'predict: {error}. Written so far: {written} of {len(images)}, in {args.out}')
    except torch.OutOfMemoryError as error:
        sys.exit(f'predict: {error} Lower --batch-size {args.batch_size}, or take --amp or --device cpu')
    for reason in images.broken:
        print(f'left out: {reason}')
    if not written:
        sys.exit(f'predict: none of the {len(images)} files in {args.images} is an image')
    print(f'{written} images: {args.out}')


if __name__ == '__main__':
    main()
