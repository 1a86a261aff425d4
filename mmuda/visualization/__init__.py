"""Pictures a person looks at."""

from mmuda.visualization.comparison import colorize, comparison_figure

__all__ = ['colorize', 'comparison_figure']
