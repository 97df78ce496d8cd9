"""The page without a server: the same templates, styles and modules, with a browser that answers its own questions.

`python -m demo.export FOLDER` writes a folder for any static host, `--single FILE` one file that opens from a disk.
`demo/web/answers/` has what stands for the server functions, on the engine of `demo/web/engine/`.
"""
