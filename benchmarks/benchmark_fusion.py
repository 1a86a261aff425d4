"""Fusion of teachers: mmuda against a straightforward implementation of the formulae, in one run.

    python benchmarks/benchmark_fusion.py [--size 1024 2048] [--teachers 4] [--classes 19] [--repeats 3]

The straightforward way makes a float map of all classes for each quantity of a formula (votes, certainties, claims,
window sums) and takes the best class of it. Both get the same bytes, take turns and must give equal labels and
confidences. Teachers are smooth random fields with a common part; how many pixels all of them agree on is printed.
Counted are CPU seconds of one image in one thread, the best of `--repeats`.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import Tensor  # noqa: E402

from mmuda.pseudo_labels import TeacherPredictions, channel_wise, majority_vote, mean_certainty  # noqa: E402
from mmuda.pseudo_labels.ensemble.fusion import count_claims, most_certain  # noqa: E402
from mmuda.pseudo_labels.ensemble.rank_unification import unify_ranks  # noqa: E402

THRESHOLD, WINDOW = 90, 5
Fused = tuple[Tensor, Tensor]


def teachers(args: argparse.Namespace) -> TeacherPredictions:
    """Predictions from random fields; the probabilities of one teacher at a time are held."""
    generator = torch.Generator().manual_seed(0)

    def field(scale: int) -> Tensor:
        coarse = torch.randn(1, args.classes, *(side // scale + 1 for side in args.size), generator=generator)
        return F.interpolate(coarse, args.size, mode='bicubic')[0]

    common = 12 * field(128)
    singles = [
        TeacherPredictions.from_probabilities([(common + args.noise * field(64)).softmax(0)])
        for _ in range(args.teachers)
    ]
    return TeacherPredictions(
        torch.cat([one.labels for one in singles]), torch.cat([one.certainties for one in singles])
    )


def straightforward_majority(labels: Tensor, num_classes: int) -> Fused:
    votes, label = torch.stack([(labels == c).float().sum(0) for c in range(num_classes)]).max(0)
    return label, votes


def straightforward_certainty(certainties: Tensor) -> Fused:
    sums, label = certainties.float().sum(0).max(0)
    return label.masked_fill(sums < THRESHOLD * len(certainties), 255), sums / len(certainties)


def straightforward_channel_wise(labels: Tensor, certainties: Tensor, teacher_of_class: list[int]) -> Fused:
    claims = torch.stack([(labels[teacher] == c).float() for c, teacher in enumerate(teacher_of_class)])
    planes = torch.stack([certainties[teacher, c].float() for c, teacher in enumerate(teacher_of_class)])

    def window_sum(maps: Tensor) -> Tensor:
        return F.avg_pool2d(maps, WINDOW, 1, WINDOW // 2, divisor_override=1)

    area = WINDOW * WINDOW
    single = claims.sum(0) == 1
    label = torch.where(single, claims.argmax(0), window_sum(claims).argmax(0))
    chosen = label[None]
    score = torch.where(single, planes.gather(0, chosen) * area, window_sum(planes).gather(0, chosen))[0]
    return label.masked_fill(score < THRESHOLD * area, 255), score / area


def straightforward_ranks(certainties: Tensor, delta: Tensor) -> Fused:
    total = torch.zeros(certainties.shape[1:])
    for teacher in certainties:
        order = teacher.argsort(dim=0, stable=True)
        total += torch.zeros_like(total).scatter_(0, order, delta[:, None, None].expand_as(total))
    best, label = (total / len(certainties)).max(0)
    return label.masked_fill(best < THRESHOLD, 255), best


def seconds(function: Callable[[], Fused]) -> tuple[float, Fused]:
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--size', type=int, nargs=2, default=(1024, 2048), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--teachers', type=int, default=4)
    parser.add_argument('--classes', type=int, default=19)
    parser.add_argument('--noise', type=float, default=1.2, help='by how much teachers differ from each other')
    parser.add_argument('--repeats', type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)

    predictions = teachers(args)
    labels, certainties = predictions.labels, predictions.certainties
    teacher_of_class = torch.randint(
        args.teachers, (args.classes,), generator=torch.Generator().manual_seed(1)
    ).tolist()
    delta = torch.linspace(0, 1, args.classes).pow(8) * 95
    policies: dict[str, tuple[Callable[[], Fused], Callable[[], Fused]]] = {
        'majority': (lambda: majority_vote(labels), lambda: straightforward_majority(labels, args.classes)),
        'mean certainty': (
            lambda: mean_certainty(certainties, THRESHOLD),
            lambda: straightforward_certainty(certainties),
        ),
        'channel-wise': (
            lambda: channel_wise(labels, certainties, teacher_of_class, THRESHOLD, WINDOW),
            lambda: straightforward_channel_wise(labels, certainties, teacher_of_class),
        ),
        'rank unification': (
            lambda: most_certain(unify_ranks(certainties, delta), THRESHOLD),
            lambda: straightforward_ranks(certainties, delta),
        ),
    }
    agreed = (labels == labels[0]).all(0).float().mean()
    unclear = (count_claims(labels, teacher_of_class) != 1).float().mean()
    print(
        f'{args.size[0]}x{args.size[1]}, {args.teachers} teachers, {args.classes} classes, 1 thread; all teachers '
        f'agree on {agreed:.0%} of the pixels, {unclear:.0%} have no single claim; equal labels and confidences'
    )
    print('| policy | mmuda, CPU ms | straightforward, CPU ms | ratio |')
    print('| --- | --- | --- | --- |')
    for policy, ways in policies.items():
        best = [float('inf')] * 2
        for _ in range(args.repeats):
            (ours, got), (plain, want) = (seconds(way) for way in ways)
            if not torch.equal(got[0].long(), want[0]) or not torch.equal(got[1].float(), want[1]):
                raise SystemExit(f'{policy}: labels or confidences differ')
            best = [min(best[0], ours), min(best[1], plain)]
        print(f'| {policy} | {1000 * best[0]:.0f} | {1000 * best[1]:.0f} | {best[1] / best[0]:.1f} |', flush=True)


if __name__ == '__main__':
    main()
