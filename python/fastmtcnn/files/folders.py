"""Folders whose files nobody means who names a folder above them."""

from __future__ import annotations

# Folders that programs keep in folders of photos: thumbnails and deleted files.
_SYSTEM_FOLDERS = (
    *("@eadir", "@recycle", "#recycle", "#snapshot", "$recycle.bin", "recycler"),
    *("system volume information", "lost+found", "__macosx"),
)


def is_left_out(folder: str) -> bool:
    """Return whether a folder is hidden, or one in which programs keep files of their own.

    Parameters
    ----------
    folder : str
        Name of the folder, without the folders above it.
    """
    return folder.startswith(".") or folder.lower() in _SYSTEM_FOLDERS
