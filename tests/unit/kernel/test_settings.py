"""Settings: layers in order, unknown keys refused by the nearest name, wrong values refused with what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from tradewind.errors import ConfigError, UnknownSettingError
from tradewind.kernel.settings import KEPT, SECRET, leaves, load, value_at
from tradewind.kernel.settings_doc import as_markdown, as_toml, shown


class Replay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="which file")] = ""
    speed: Annotated[float | Literal["max"], Meta(description="how fast")] = 1.0


class Room(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    port: Annotated[int, Meta(ge=1, le=65535, description="where to listen")] = 8100
    is_open: Annotated[bool, Meta(description="whether")] = False
    names: Annotated[tuple[str, ...], Meta(description="who")] = ()
    params: Annotated[dict[str, dict[str, float]], Meta(description="per name")] = msgspec.field(default_factory=dict)
    replay: Replay = Replay()
    key: Annotated[str, Meta(description="which", max_length=20, extra={SECRET: True})] = ""
    word: Annotated[str, Meta(description="which", extra={SECRET: True, KEPT: "use the environment"})] = ""


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    data_dir: Annotated[str, Meta(description="where files go")] = "var"
    push: Room = Room()


def test_without_any_layer_the_defaults_are_in_force() -> None:
    assert load(Model).settings == Model()


def test_a_later_layer_wins(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text("[push]\nport = 1\n", encoding="utf-8")
    environ = {"TRADEWIND_PUSH__PORT": "2", "TRADEWIND_DATA": "ignored", "HOME": "/"}
    assert load(Model, file=file).settings.push.port == 1
    assert load(Model, file=file, environ=environ).settings.push.port == 2
    loaded = load(Model, file=file, environ=environ, flags=["push.port=3"])
    assert loaded.settings.push.port == 3
    assert loaded.origins == {"push.port": "flag --set"}


@pytest.mark.parametrize(
    ("flag", "path", "value"),
    [
        ("push.replay.speed=max", "push.replay.speed", "max"),
        ("push.replay.speed=60", "push.replay.speed", 60.0),
        ("push.is_open=true", "push.is_open", True),
        ("push.names=a, b", "push.names", ("a", "b")),
        ('push.names=["a,b"]', "push.names", ("a,b",)),
        ("push.replay.path=123", "push.replay.path", "123"),
        ('push.params={"macd": {"fast": 3}}', "push.params", {"macd": {"fast": 3.0}}),
        ("data_dir=a=b", "data_dir", "a=b"),
    ],
)
def test_text_becomes_the_kind_the_setting_wants(flag: str, path: str, value: object) -> None:
    assert value_at(load(Model, flags=[flag]).settings, path) == value


def test_a_table_setting_is_read_whole_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text("[push.params.macd]\nfast = 3\n", encoding="utf-8")
    assert load(Model, file=file).settings.push.params == {"macd": {"fast": 3.0}}


@pytest.mark.parametrize(
    ("flag", "nearest"), [("push.prot=1", "push.port"), ("puhs.port=1", "push.port"), ("datadir=x", "data_dir")]
)
def test_an_unknown_key_is_refused_with_the_nearest_right_name(flag: str, nearest: str) -> None:
    with pytest.raises(UnknownSettingError, match=f"did you mean {nearest}"):
        load(Model, flags=[flag])


def test_an_unknown_variable_of_our_prefix_is_refused() -> None:
    with pytest.raises(UnknownSettingError, match=r"push\.prot \(environment TRADEWIND_PUSH__PROT\)"):
        load(Model, environ={"TRADEWIND_PUSH__PROT": "1"})


def test_an_unknown_table_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text("[phsu]\nport = 1\n", encoding="utf-8")
    with pytest.raises(UnknownSettingError, match="phsu"):
        load(Model, file=file)


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        ("push.port=0", r"push\.port .*was '0', allowed: whole number 1 … 65535"),
        ("push.port=8100.5", "whole number"),
        ("push.is_open=maybe", "true or false"),
        ("push.replay.speed=fast", "number or one of: max"),
        ("push.port", "KEY=VALUE"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(flag: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(Model, flags=[flag])


def test_text_in_the_file_is_no_number(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text('[push]\nport = "8100"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="whole number"):
        load(Model, file=file)


@pytest.mark.parametrize("text", ["[push", "\udcff"])
def test_an_unreadable_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError, match=r"tradewind\.toml cannot be read"):
        load(Model, file=file)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load(Model, file=tmp_path / "none.toml")


def test_every_setting_is_documented_with_default_and_range() -> None:
    page = as_markdown(leaves(Model))
    assert "| `push.port` | `8100` | whole number 1 … 65535 | where to listen |" in page
    assert "| `push.replay.speed` | `1.0` | number or one of: max | how fast |" in page


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), ("a", '"a"'), ((1, 2), "[1, 2]"), ({}, "{}"), (1.5, "1.5")]
)
def test_values_are_shown_as_the_file_would_hold_them(value: object, text: str) -> None:
    assert as_toml(value) == text


def test_an_older_name_counts_as_ours_does_below_it_and_is_remarked_on() -> None:
    older = {"OLD_PORT": "push.port", "OLD_DIR": "data_dir"}
    loaded = load(Model, environ={"OLD_PORT": "7"}, older_names=older)
    assert (loaded.settings.push.port, loaded.origins) == (7, {"push.port": "environment OLD_PORT"})
    assert [remark.split(";")[0] for remark in loaded.remarks] == ["OLD_PORT is an older name and is read as push.port"]
    assert "TRADEWIND_PUSH__PORT" in loaded.remarks[0]
    both = load(Model, environ={"OLD_PORT": "7", "TRADEWIND_PUSH__PORT": "8"}, older_names=older)
    assert (both.settings.push.port, both.remarks) == (8, ())
    assert load(Model, environ={"OLD_PORT": ""}, older_names=older).settings == Model()


@pytest.mark.parametrize(
    ("value", "told"),
    [("", ""), ("hidden", "***"), ("x://me:hidden@host/1", "x://***@host/1"), ("x://host", "x://host")],
)
def test_a_secret_is_shown_blanked_and_an_address_without_who_comes(value: str, told: str) -> None:
    (key,) = (leaf for leaf in leaves(Model) if leaf.path == "push.key")
    assert shown(key, value) == told


@pytest.mark.parametrize(("value", "told"), [({"key": "hidden"}, "***"), ((("hidden",),), "***"), ({}, {}), ((), ())])
def test_a_table_of_secrets_is_blanked_whole(value: object, told: object) -> None:
    (key,) = (leaf for leaf in leaves(Model) if leaf.path == "push.key")
    assert shown(key, value) == told


def test_a_secret_of_the_wrong_kind_is_refused_without_being_told(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text("[push]\nkey = 4711\n")
    for layers in ({"file": file}, {"flags": ["push.key=" + "hidden" * 9]}):
        with pytest.raises(ConfigError, match=r"push\.key .* was '\*\*\*', allowed: text"):
            load(Model, **layers)


def test_of_a_table_of_secrets_that_is_refused_nothing_is_told() -> None:
    class Robots(msgspec.Struct, frozen=True):
        robots: Annotated[tuple[Replay, ...], Meta(description="whom", extra={SECRET: True})] = ()

    with pytest.raises(ConfigError, match=r"robots .* was '\*\*\*', allowed: list of table") as refused:
        load(Robots, flags=('robots=[{"url": "https://robot.example/hidden", "password": "hidden"}]',))
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("place", ["file", "command line"])
def test_a_secret_that_must_stand_nowhere_in_clear_is_refused_by_its_place_and_not_repeated(
    tmp_path: Path, place: str
) -> None:
    file = tmp_path / "room.toml"
    file.write_text('[push]\nword = "monkey-wrench"\n' if place == "file" else "")
    flags = [] if place == "file" else ["push.word=monkey-wrench"]
    with pytest.raises(ConfigError, match=r"push\.word must not stand in clear in .*use the environment") as refused:
        load(Model, file=file, flags=flags)
    assert ("room.toml" if place == "file" else "--set") in str(refused.value)
    assert "monkey-wrench" not in str(refused.value)


def test_such_a_secret_may_stand_in_the_environment_and_be_empty_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "room.toml"
    file.write_text('[push]\nword = ""\n')
    loaded = load(Model, file=file, environ={"TRADEWIND_PUSH__WORD": "monkey-wrench"})
    assert loaded.settings.push.word == "monkey-wrench"
