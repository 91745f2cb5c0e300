"""Reading YAML: plain values with places, and nothing executed, expanded or guessed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rekmetrics.errors import ThresholdsError
from rekmetrics.thresholds.document import MAX_BYTES, parse_document, read_document


def refusals(data: bytes) -> list[str]:
    """Every complaint about the bytes, whether or not reading could go on."""
    try:
        return [str(problem) for problem in parse_document(data, "t.yaml").problems]
    except ThresholdsError as error:
        return [str(problem) for problem in error.problems]


def test_reads_numbers_and_words_by_yaml_1_2() -> None:
    """1e-3 and .9 are numbers; yes, off, 12:30 and quoted numbers are text."""
    text = b"a: 1e-3\nb: .9\nc: yes\nd: off\ne: 12:30\nf: '0.9'\ng: true\nh: 7\ni: 017"
    tree = parse_document(text, "t.yaml").tree
    assert tree == {
        "a": 0.001,
        "b": 0.9,
        "c": "yes",
        "d": "off",
        "e": "12:30",
        "f": "0.9",
        "g": True,
        "h": 7,
        "i": 17,
    }
    assert isinstance(tree["h"], int)


def test_takes_names_as_they_are_written() -> None:
    """Labels called no, 1, null or 12:30 keep their names."""
    tree = parse_document(b"no: 1\n1: 2\nnull: 3\n12:30: 4\n1e-3: 5", "t.yaml").tree
    assert list(tree) == ["no", "1", "null", "12:30", "1e-3"]


def test_knows_line_and_column_of_keys_and_values() -> None:
    """Both count from 1, in block and in flow style."""
    document = parse_document(b"a:\n  b: {c: 5}\n", "t.yaml")
    key, value = document.keys["a", "b", "c"], document.places["a", "b", "c"]
    assert (key.line, key.column) == (2, 7)
    assert (value.line, value.column) == (2, 10)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "1:1: the file is empty"),
        (b"# nothing\n\n", "1:1: the file is empty"),
        (b"---\n", "1:1: the file is empty"),
        (b"a: 1\n---\nb: 2\n", "2:1: a second YAML document"),
        (b"a: 1\nb: 2\na: 3\n", "3:1: a: the key is given twice, first on line 1"),
        (b"x: {no: 1, 'no': 2}", "1:12: x.no: the key is given twice"),
        (b"a:\n\tb: 1\n", "2:1: a tab stands where YAML wants spaces"),
        (b"labels:\n  *: 1\n", "2:4: a name that begins with * needs quotes"),
        (b"labels:\n  *_ok: 1\n", "2:3: alias *_ok: a name that begins with *"),
        (b"a: &x 1\n", "1:4: anchor &x: anchors are not read"),
        (b"a: &x [1]\nb: *x\n", "2:4: alias *x"),
        (b"a: {<<: {b: 1}}\n", "1:5: <<: merge keys are not read"),
        (b"a: !!python/object/apply:os.system [ls]\n", "tags are not read"),
        (b"!!str a: 1\n", "1:1: tag 'tag:yaml.org,2002:str'"),
        (b"? [a, b]\n: 1\n", "1:3: a key is a list or a mapping"),
        (b"? {a: b}\n: 1\n", "1:3: a key is a list or a mapping"),
        (b"a: [1, 2", "not YAML"),
        (b"a: 'x", "not YAML"),
        (b"a: b: c", "1:5: not YAML: mapping values are not allowed here"),
        (b"a: @x", "not YAML"),
        (b"a: \x00", "1:4: the character '\\x00' is not allowed"),
        (b"ok: 1\na: \xe9", "2:4: the byte 0xe9 is not UTF-8"),
        ("a: 1".encode("utf-16"), "written in UTF-16"),
        (b"[" * 100_000, "more than 12 levels deep"),
        (b"{a: " * 100_000, "more than 12 levels deep"),
        (b"#" * (MAX_BYTES + 1), "larger than 1 MiB"),
    ],
)
def test_refuses_what_it_does_not_read(data: bytes, words: str) -> None:
    """Each with its place, in the words of someone who has to mend it."""
    assert words in "\n".join(refusals(data))


def test_accepts_a_byte_order_mark() -> None:
    """Some Windows editors write one before UTF-8."""
    assert parse_document(b"\xef\xbb\xbfa: 1", "t.yaml").tree == {"a": 1}


def test_collects_what_allows_to_go_on() -> None:
    """One run shows every duplicate, anchor and tag."""
    found = refusals(b"a: &x 1\na: 2\nb: !t 3\n")
    assert [problem.split(":")[1] for problem in found] == ["1", "2", "3"]


def test_ends_soon_on_a_merge_bomb() -> None:
    """A few hundred bytes of merge keys would take a common reader seconds."""
    lines = [b"a0: &a0 {k: 1}"]
    for i in range(1, 25):
        refs = b", ".join([b"*a%d" % (i - 1)] * 9)
        lines.append(b"a%d: &a%d {<<: [%s]}" % (i, i, refs))
    began = time.process_time()
    assert refusals(b"\n".join(lines))
    assert time.process_time() - began < 1


def test_says_what_is_wrong_with_the_path(tmp_path: Path) -> None:
    """No file, a folder, and a name that no file can have."""
    for path, words in (
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path, "is a directory"),
        (Path("a\0b"), "cannot be read"),
    ):
        with pytest.raises(ThresholdsError, match=words) as caught:
            read_document(path)
        assert str(caught.value).startswith(f"{path}: {words}")


def test_advises_as_the_caller_wants_where_there_is_no_file(tmp_path):
    """Only a thresholds file is written by init."""
    with pytest.raises(ThresholdsError) as caught:
        read_document(tmp_path / "fleet.yaml", advice="give another path")
    assert str(caught.value).endswith("fleet.yaml: no such file; give another path")
