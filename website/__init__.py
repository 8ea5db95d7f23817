"""What the documentation needs beside its pages: blocks that run, tables from the registry, notebooks, figures.

``make docs`` builds the site with mkdocs and :mod:`website.hooks`; the tests run the same blocks.
"""
