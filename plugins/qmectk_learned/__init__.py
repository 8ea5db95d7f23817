"""Learned offloading policies over the Binary view: DROO's loop with two networks and four quantizers.

Nothing here imports torch until a policy is trained or used.
"""
