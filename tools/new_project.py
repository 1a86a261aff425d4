"""Write the configs of own data: source-only baseline and methods, in a folder of their own.

    python tools/new_project.py --source sim --target photos --classes classes.txt [--val photos_labeled]

reads

    sim/images/**/<stem>.jpg    labeled images, in subfolders or not; .png and others, too
    sim/labels/**/<stem>.png    their labels: 8-bit PNG, 0 is the first class; 255 is ignored
    photos/images/**/*.jpg      images of the target; labels are never opened
    photos_labeled/             the same as sim: labeled images of the target, where there are some
    classes.txt                 a class per line, `name` or `name: R, G, B`

and writes configs/sim2photos/: a file per method, beside it what the method starts from and what it is compared with,
_base_/data.py (files, classes, sizes) and _base_/network.py. Sizes are those of the images, reduced to --long-side.
"""

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mmuda  # noqa: E402, F401  (makes the stack work: before mmseg)

# isort: split
from mmengine.registry import init_default_scope  # noqa: E402

from tools.project.classes_file import read_classes  # noqa: E402
from tools.project.domain import Domain, read_domain  # noqa: E402
from tools.project.methods import methods, with_what_they_need  # noqa: E402
from tools.project.networks import FROM_SCRATCH, PRETRAINED, Network, backbones, choose_network  # noqa: E402
from tools.project.writing import Project, commands, files_of, write_project  # noqa: E402

LONG_SIDE = 256, 1024  # of a network from scratch, of a pretrained one


def parse_args(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--source', type=Path, required=True, metavar='DIR', help='labeled images')
    parser.add_argument('--target', type=Path, required=True, metavar='DIR', help='images without labels')
    parser.add_argument('--classes', type=Path, required=True, metavar='FILE', help='text file, a class per line')
    parser.add_argument('--val', type=Path, metavar='DIR', help='labeled images of the target, to validate')
    parser.add_argument(
        '--method',
        nargs='+',
        default=['mrnet'],
        metavar='NAME',
        help=f'one or more, by default mrnet; known: {", ".join(methods())}',
    )
    parser.add_argument(
        '--backbone',
        metavar='NAME',
        help=f'by default the first whose weights are on this machine, else {FROM_SCRATCH}, which learns from scratch; '
        f'known: {", ".join(backbones())}',
    )
    parser.add_argument('--name', help='of the folder below configs/; by default <source>2<target>')
    parser.add_argument(
        '--long-side',
        type=int,
        metavar='PIXELS',
        help='of the images as the network sees them; by default 1024, of a network from scratch 256, for a CPU',
    )
    parser.add_argument('--batch-size', type=int, default=4, help='images of each domain; by default 4')
    args = parser.parse_args(arguments)
    for option in ('long_side', 'batch_size'):
        value = getattr(args, option)
        if value is not None and value < 1:
            parser.error(f'--{option.replace("_", "-")} {value}: expected 1 or more')
    return args


def project_name(args: argparse.Namespace) -> str:
    name = args.name or f'{args.source.resolve().name}2{args.target.resolve().name}'
    if not re.fullmatch(r'[A-Za-z0-9][\w-]*', name):
        raise ValueError(f'the name {name!r} is no folder of configs: expected letters, digits, _ and -. Set --name')
    return name


def make_project(args: argparse.Namespace) -> Project:
    """Look at the data and decide.

    Raises:
        ValueError: If an argument is wrong.
        OSError: If a file is missing or broken.
    """
    name = project_name(args)
    chosen = with_what_they_need(args.method)
    network = choose_network(args.backbone)
    classes = read_classes(args.classes)
    return Project(
        name=name,
        classes=classes,
        source=read_domain(args.source, '--source', classes, labeled=True),
        target=read_domain(args.target, '--target', classes, labeled=False),
        validation=read_domain(args.val, '--val', classes, labeled=True) if args.val else None,
        network=network,
        methods=chosen,
        long_side=args.long_side or LONG_SIDE[network.url is not None],
        batch_size=args.batch_size,
    )


def show_domain(title: str, domain: Domain) -> None:
    labels = ''
    if domain.labels is not None:
        labels = f'; classes in percent of {domain.labels.number} labels: {domain.labels.shares()}'
    print(f'{title}: {sum(domain.sizes.values())} images, most of {domain.size[0]}x{domain.size[1]}{labels}')


def show_network(network: Network) -> None:
    others = [name for name in backbones() if name != FROM_SCRATCH]
    if network.url is None:
        print(
            f'network: {network.name}, from scratch. Pretrained ones reach more: put their weights into {PRETRAINED}/, '
            f'or choose --backbone, whose weights are downloaded when training starts; known: {", ".join(others)}'
        )
    elif network.weights is not None:
        print(f'network: {network.name}, from {network.weights}')
    else:
        print(
            f'network: {network.name}. Its weights are not on this machine: training downloads {network.url}; without '
            f'access to it put that file into {PRETRAINED}/ and write the project again'
        )


def show(project: Project, folder: Path) -> None:
    show_domain('source', project.source)
    show_domain('target', project.target)
    if project.validation:
        show_domain('validation', project.validation)
    else:
        print('validation: none. Nothing is measured: give a few labeled images of the target with --val')
    for domain in (project.source, project.target, project.validation):
        for note in domain.notes if domain else ():
            print(f'look at this: {note}')
    show_network(project.network)
    width, height = project.test_scale
    print(f'sizes: the network sees {width}x{height}; --long-side changes it')
    print(f'\nwrote {folder}: {", ".join(project.methods)}. Now:\n')
    print(f'    python tools/check_data.py configs/{project.name}/{project.methods[-1]}.py')
    for command in commands(project):
        print(f'    {command}')


def main(arguments: list[str] | None = None) -> int:
    args = parse_args(arguments)
    init_default_scope('mmseg')
    try:
        folder = Path('configs', project_name(args))
        if folder.exists():
            raise FileExistsError(f'{folder} is there already: remove it, or choose another --name')
        project = make_project(args)
        write_project(files_of(project, folder), folder)
    except (ValueError, OSError) as error:
        print(f'new_project: {error}', file=sys.stderr)
        return 1
    show(project, folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
