"""Of a file that is damaged anywhere all is found that is whole, and nothing that never was."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest
from tinydb import TinyDB

from tests.engine.samples import conversation
from tui.engine.documents import from_document, to_document
from tui.engine.records import Conversation
from tui.engine.rescue import readable, rescue
from tui.engine.storage import LibraryDamaged, Tables, encoded

KINDS = {"conversations": lambda document: from_document(Conversation, document)}


def tables(number: int) -> Tables:
    documents = [to_document(conversation(n, title='"1": {"id": "x"}')) for n in range(number)]
    return {
        "meta": {"1": {"schema": 1}},
        "conversations": {str(n + 1): document for n, document in enumerate(documents)},
    }


def ids(found: Tables) -> list[str]:
    return [document["id"] for document in found.get("conversations", {}).values()]


def test_what_stands_before_a_cut_is_found_wherever_it_is(tmp_path: Path) -> None:
    data = encoded(tables(4))
    ends = [data.index(f"Answer {n} ".encode()) for n in range(4)]
    for cut in range(0, len(data), 7):
        found = ids(readable(data[:cut], KINDS))
        assert found == [conversation(n).id for n in range(len(found))]
        assert len(found) >= sum(end + 700 < cut for end in ends)


def test_a_spoiled_byte_costs_one_record_at_most(tmp_path: Path) -> None:
    choose = random.Random(3)
    data = encoded(tables(6))
    for _ in range(200):
        spoiled = bytearray(data)
        spoiled[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
        assert len(ids(readable(bytes(spoiled), KINDS))) >= 5


def test_tinydbs_own_files_are_read_too() -> None:
    data = json.dumps(tables(3)).encode()
    assert ids(readable(data[: data.rindex(b"Answer 2")], KINDS)) == [conversation(0).id, conversation(1).id]


def test_a_large_file_takes_no_longer_than_it_is_long() -> None:
    data = encoded(tables(3000))[:-30]
    began = time.process_time()
    assert len(ids(readable(data, KINDS))) == 2999
    assert time.process_time() - began < 5.0


def test_the_damaged_file_stays_and_its_place_holds_a_database(tmp_path: Path) -> None:
    path = tmp_path / "0001.json"
    data = encoded(tables(3))[:-30]
    path.write_bytes(data)
    assert "2 of its records could be read" in rescue(path, KINDS)
    assert (tmp_path / "0001.damaged-1.json").read_bytes() == data
    with TinyDB(path, encoding="utf-8") as stock:
        assert len(stock.table("conversations")) == 2
        assert stock.table("meta").all() == [{"schema": 1}]


def test_what_cannot_be_set_aside_is_not_touched(tmp_path: Path) -> None:
    with pytest.raises(LibraryDamaged, match=r"0001\.json can't be read"):
        rescue(tmp_path / "0001.json", KINDS)
    assert list(tmp_path.iterdir()) == []
