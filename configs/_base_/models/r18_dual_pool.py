# The small network on a pool of both domains: each is normalized by its own statistics, and those of the target serve
# prediction.
_base_ = './r18_dual.py'

model = dict(separate_domains=True, statistics_views=('target',))
