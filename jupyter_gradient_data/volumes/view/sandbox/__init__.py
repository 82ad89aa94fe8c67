"""Two small programs that need nothing but the standard library: they run by ``python -I -S``, outside of the package.

`holder` makes the namespaces in which a notebook run's kernels see its volumes, and keeps them up to date; `launcher`
takes a process there and becomes the kernel or the shell.  docs/developers/volumes.md says how they work together.
"""
