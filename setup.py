"""The packages to install. pyproject.toml has the rest; it cannot say that the folder `assets` becomes `vit/assets`."""

from setuptools import find_namespace_packages, setup

# Namespace packages too, since folders of scripts and styles have no __init__.py.
PACKAGES = find_namespace_packages(include=["vit", "vit.*", "train", "train.*", "demo", "demo.*"])

setup(packages=[*PACKAGES, "vit.assets"], package_dir={"vit.assets": "assets"})
