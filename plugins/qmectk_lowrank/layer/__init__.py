"""Hard attention as a layer of a PyTorch network, whose masks any backend may solve."""
