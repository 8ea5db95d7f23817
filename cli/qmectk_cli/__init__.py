"""The command line of qmectk. One file a command; nothing heavy is imported before a command runs."""
