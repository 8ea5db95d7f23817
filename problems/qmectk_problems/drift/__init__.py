"""Drift-plus-penalty offloading: devices with queues, fading links, servers of limited capacity."""
