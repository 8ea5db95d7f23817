"""Hard attention (Zhao, QAHAN): choose k blocks of a feature map by a quadratic binary program."""
