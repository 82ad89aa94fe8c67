"""Handles in another process."""

from __future__ import annotations

import pickle
from types import ModuleType

from tests.service.place import Place


def test_handles_can_be_sent_to_another_process(jgd: ModuleType, place: Place) -> None:
    version = place.committed({"a.csv": b"1"}, "flowers")
    ds = jgd.dataset("flowers")
    draft = ds.new_version(from_="latest", tag="v2")
    output = jgd.output("results")
    things = [ds, ds.latest, draft, ds.latest.files["a.csv"], ds.latest.files, jgd.mount("flowers"), output]
    ds2, latest, new, file, files, mount, out = pickle.loads(pickle.dumps(things))
    assert [ds2, latest, new, file, mount] == [ds, ds.latest, draft, ds.latest.files["a.csv"], jgd.mounts()[0]]
    assert file.read_bytes() == files["a.csv"].read_bytes() == (mount / "a.csv").read_bytes() == b"1"
    assert out.path == output.path
    assert ds2.latest.id == version.version
    new.write("b", "2")
    assert new.commit().tags == ("v2",)
