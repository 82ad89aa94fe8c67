"""What a cache of versions promises, over each kind of storage provider."""

from __future__ import annotations

import stat

from tests.service.place import Place, read_tree

from .cached import materialise, plain, some_files


def test_a_version_is_there_with_all_its_files(place: Place) -> None:
    files = some_files()
    tree = materialise(place, place.committed(files).reference)
    assert read_tree(tree) == plain(files)
    for path in files:
        mode = stat.S_IMODE((tree / path.rstrip("*")).stat().st_mode)
        assert mode == (0o555 if path.endswith("*") else 0o444), path
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in [tree, *tree.rglob("*")] if folder.is_dir()} == {0o555}
