"""Write procedural toy data in the layouts of GTA5, SYNTHIA, Cityscapes, RobotCar and Mapillary."""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmuda.toy_data import DOMAINS, write_toy_data  # noqa: E402


def domain_and_look(text: str) -> tuple[str, str]:
    domain, separator, look = text.partition('=')
    if not (domain and separator and look):
        raise argparse.ArgumentTypeError(f'{text!r}: expected DOMAIN=LOOK, for example cityscapes=robotcar')
    return domain, look


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('--out', default='data/toy', help='folder to create; identical toy data are reused')
    parser.add_argument('--seed', type=int, default=0, help='the data depend on nothing but these options')
    parser.add_argument('--train', type=int, default=320, help='training images per domain')
    parser.add_argument('--val', type=int, default=64, help='validation images per domain')
    parser.add_argument('--width', type=int, default=256, help='pixels')
    parser.add_argument('--height', type=int, default=128, help='pixels')
    parser.add_argument('--domains', nargs='+', default=list(DOMAINS), choices=DOMAINS)
    parser.add_argument(
        '--looks',
        nargs='+',
        type=domain_and_look,
        default=[],
        metavar='DOMAIN=LOOK',
        help='give a domain the look of another one, for example cityscapes=robotcar',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    start = time.perf_counter()
    try:
        out = write_toy_data(
            args.out,
            seed=args.seed,
            num_train=args.train,
            num_val=args.val,
            size=(args.width, args.height),
            domains=args.domains,
            looks=dict(args.looks),
        )
    except (ValueError, OSError) as error:
        sys.exit(f'make_toy_data: {error}')
    print(f'toy data ({", ".join(args.domains)}) in {out}, {time.perf_counter() - start:.1f} s')


if __name__ == '__main__':
    main()
