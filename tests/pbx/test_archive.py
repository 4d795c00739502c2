"""The support archive: whole, and without secrets."""

from __future__ import annotations

import io
import zipfile

from stasis.pbx.archive import archived
from stasis.pbx.collect import Collected
from tests.pbx.test_mask import PLANT, PLANTED, one


def test_no_planted_secret_is_in_it():
    found = Collected(
        commands={"version": "Asterisk 22.10.1+dfsg built\n", "settings": f"odd {PLANT}\n"},
        files=[one(*plant) for plant in PLANTED],
        logs={"messages": f"alice says {PLANT}, Zoë\n"},
        problems=[f"x: {PLANT}"],
    )
    name, data = archived(found, 1_795_996_299)
    assert name == "asterisk-22.10.1-20261129T235139Z.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        assert not [each for each in file.namelist() if PLANT.encode() in file.read(each)]
        assert file.read("log/messages").decode() == "alice says ***, Zoë\n"
        assert file.read("asterisk/settings.txt").decode() == "odd ***\n"
        assert {f"config/{plant[0]}" for plant in PLANTED} <= set(file.namelist())


def test_of_nothing_there_is_one_too():
    name, data = archived(Collected(), 1_795_996_299)
    assert name == "asterisk-20261129T235139Z.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.namelist() == ["README", "problems"]
