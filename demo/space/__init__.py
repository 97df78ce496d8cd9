"""Folders for Hugging Face Spaces: `python -m demo.space zerogpu|cpu|static FOLDER`.

Each has its front matter, its requirements and no file that it does not need, ready for `hf upload`.
"""
