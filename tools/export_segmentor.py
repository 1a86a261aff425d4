"""Write the student of a UDASegmentor as a plain segmentor: a checkpoint and a config for stock mmseg."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import Registry

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mmseg.registry  # noqa: E402

import mmuda  # noqa: E402, F401
from mmuda.compat import safe_load  # noqa: E402

STUDENT = 'student.'
KEPT = (
    'default_scope',
    'custom_imports',
    'model',
    'default_hooks',
    'env_cfg',
    'log_level',
    'log_processor',
    'vis_backends',
    'visualizer',
    'test_pipeline',
    'tta_pipeline',
    'tta_model',
    'val_dataloader',
    'val_evaluator',
    'val_cfg',
    'test_dataloader',
    'test_evaluator',
    'test_cfg',
)


def export_state_dict(checkpoint: dict) -> dict:
    """Return a checkpoint with the student alone, its parameters named as in a plain segmentor.

    Args:
        checkpoint (dict): As saved in training: ``state_dict``, ``meta`` and more.

    Raises:
        ValueError: If the checkpoint holds no student.
    """
    weights = checkpoint.get('state_dict', checkpoint)
    student = {key[len(STUDENT) :]: value for key, value in weights.items() if key.startswith(STUDENT)}
    if not student:
        raise ValueError(
            f'expected a checkpoint of a UDASegmentor, but no parameter is named {STUDENT}*; '
            f'the first ones are {list(weights)[:3]}'
        )
    meta = checkpoint.get('meta', {})
    meta = {key: meta[key] for key in ('dataset_meta', 'epoch', 'iter') if key in meta}
    return dict(meta=meta, state_dict=student)


def mmuda_components(config: Any) -> Iterator[str]:
    """Yield the type names in ``config`` that only mmuda registers."""
    registries = [value for value in vars(mmseg.registry).values() if isinstance(value, Registry)]
    ours = {
        name
        for registry in registries
        for name, module in registry.module_dict.items()
        if module.__module__.split('.')[0] == 'mmuda'
    }

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get('type'), str) and node['type'].split('.')[-1] in ours:
                yield node['type']
            node = node.values()
        elif not isinstance(node, list | tuple):
            return
        for child in node:
            yield from walk(child)

    return walk(config)


def _stock_metric(evaluator: Any) -> Any:
    if isinstance(evaluator, list):
        return [_stock_metric(one) for one in evaluator]
    if evaluator.get('type') == 'UDAIoUMetric' and not evaluator.get('protocols'):
        return dict(type='IoUMetric', ignore_index=evaluator.get('ignore_index', 255))
    return evaluator


def student_config(model: dict) -> dict:
    """Return the config of the student of a UDASegmentor as a plain segmentor.

    Args:
        model (dict): Config of the UDASegmentor.
    """
    preprocessor = dict(model.get('data_preprocessor') or dict(type='UDADataPreprocessor'))
    if preprocessor['type'].split('.')[-1] == 'UDADataPreprocessor':
        preprocessor['type'] = 'SegDataPreProcessor'
        if preprocessor.get('size') is None:
            preprocessor.setdefault('size_divisor', 1)
    return dict(model['segmentor'], data_preprocessor=preprocessor)


def export_config(config: Config) -> Config:
    """Return a config of the student for stock mmseg: model, testing and nothing of the training.

    ``custom_imports`` of mmuda stays only where a component of mmuda is still named, e.g. a dual head.

    Args:
        config (Config): Config of the run, with a UDASegmentor.

    Raises:
        ValueError: If the model of the config is no UDASegmentor.
    """
    model = config.model.to_dict()
    if model['type'].split('.')[-1] != 'UDASegmentor':
        raise ValueError(f'{config.filename}: model.type is {model["type"]!r}, expected UDASegmentor')
    plain = {key: value for key, value in config.to_dict().items() if key in KEPT and value is not None}

    plain['model'] = student_config(model)
    for key in ('val_evaluator', 'test_evaluator'):
        if key in plain:
            plain[key] = _stock_metric(plain[key])
    hooks = plain.get('default_hooks', {})
    plain['default_hooks'] = {key: hook for key, hook in hooks.items() if not list(mmuda_components(hook))}

    imports = plain.pop('custom_imports', {}).get('imports', [])
    imports = [imports] if isinstance(imports, str) else imports
    imports = [name for name in imports if name.split('.')[0] != 'mmuda']
    if list(mmuda_components(plain)):
        imports.append('mmuda')
    if imports:
        plain['custom_imports'] = dict(imports=imports, allow_failed_imports=False)
    return Config(plain)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of the run')
    parser.add_argument('checkpoint', help='checkpoint of the run')
    parser.add_argument('--out', required=True, type=Path, help='folder for the two files, named as those')
    args = parser.parse_args()

    config = export_config(Config.fromfile(args.config))
    checkpoint = export_state_dict(safe_load(args.checkpoint, map_location='cpu'))

    args.out.mkdir(parents=True, exist_ok=True)
    config_path = args.out / f'{Path(args.config).stem}.py'
    checkpoint_path = args.out / f'{Path(args.checkpoint).stem}.pth'
    for target, given in ((config_path, args.config), (checkpoint_path, args.checkpoint)):
        if target.resolve() == Path(given).resolve():
            parser.error(f'--out {args.out} would overwrite {given}: choose another folder')
    config.dump(str(config_path))
    torch.save(checkpoint, checkpoint_path)
    still = sorted(set(mmuda_components(config.to_dict())))
    print(f'{config_path}\n{checkpoint_path}')
    print(f'Needs mmuda for: {", ".join(still)}' if still else 'Needs stock mmseg only.')


if __name__ == '__main__':
    main()
