"""Serve Inkling: `python app.py`. Hugging Face Spaces starts this file."""

from demo.app import build, launch_options

demo = build()

if __name__ == "__main__":
    demo.launch(**launch_options())
