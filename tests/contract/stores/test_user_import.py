"""`tradewind user import`: people of a real MariaDB become users, follow it in what is its own, and nothing else."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from real_mariadb import RealMariaDb
from tradewind.cli.main import main
from tradewind.domain.rights import Grant
from tradewind.domain.user import Product, User
from tradewind.identity.hashing import Hashing
from tradewind.identity.settings import PasswordSettings
from tradewind.stores.people import Credentials, IdentityStore
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.people import SqlIdentityStore

KEYWORD = "r3ad:only/@"
_TABLES = (
    """CREATE TABLE tw_staff.user (
        id INT PRIMARY KEY, username VARCHAR(150), english_name VARCHAR(200), chinese_name VARCHAR(64),
        email VARCHAR(254), is_active TINYINT, password VARCHAR(128)) CHARACTER SET utf8mb4""",
    """CREATE TABLE tw_staff.user_role_product (
        id INT AUTO_INCREMENT PRIMARY KEY, user_id INT, role VARCHAR(32), product_code VARCHAR(32)
        ) CHARACTER SET utf8mb4""",
)
_PEOPLE = (
    """INSERT INTO tw_staff.user VALUES
        (7,'zhang','Zhang San','张三','z@fund.cn',1,'pbkdf2$theirs'), (8,'li','','李四',NULL,0,'x')""",
    """INSERT INTO tw_staff.user_role_product (user_id, role, product_code) VALUES
        (7,'基金经理','p1'), (7,'trader','p2'), (8,'viewer','p1')""",
)


class Staff:
    """The other system's people, and our command that takes them over into a store."""

    def __init__(self, server: RealMariaDb, own: StoreSettings, folder: Path) -> None:
        self._server, self._own, self._folder = server, own, folder
        url = f"mysql://staff@127.0.0.1:{server.port}/tw_staff"
        self._flags = [f"data_dir={folder}", f"databases.dataweb_read.url={url}"]
        self._flags += [f"databases.dataweb_read.password={KEYWORD}"]
        self._flags.append('databases.dataweb_read.roles={"基金经理":"fund_manager"}')
        if own.url:
            self._flags += [f"store.url={own.url}", f"store.password={own.password}"]

    def run(self, *statements: str) -> None:
        """Do as whoever owns the other database."""
        with contextlib.closing(self._server.root()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def call(self, *words: str) -> int:
        """Run one of our commands."""
        return main([*words, *(word for flag in self._flags for word in ("--set", flag))])

    def taken(self, *words: str) -> int:
        """Import."""
        return self.call("user", "import", "--from", "dataweb_read", *words)

    @contextlib.contextmanager
    def store(self) -> Iterator[IdentityStore]:
        """Open our own store."""
        store = SqlIdentityStore(self._own, self._folder)
        store.open()
        try:
            yield store
        finally:
            store.close()

    def users(self) -> dict[str, User]:
        """Return everybody by name."""
        with self.store() as store:
            return {user.username: user for user in store.people().users}

    def change(self, work: Callable[[Any], Any]) -> None:
        """Change our own store."""
        with self.store() as store:
            store.change(work)


@pytest.fixture
def staff_of(mariadb: RealMariaDb, tmp_path: Path) -> Iterator[Callable[[StoreSettings], Staff]]:
    mariadb.make_database("tw_staff")

    def make(own: StoreSettings) -> Staff:
        staff = Staff(mariadb, own, tmp_path)
        staff.run(
            f"CREATE OR REPLACE USER 'staff'@'127.0.0.1' IDENTIFIED BY '{KEYWORD}'",
            "GRANT SELECT ON tw_staff.* TO 'staff'@'127.0.0.1'",
            *_TABLES,
            *_PEOPLE,
        )
        staff.change(lambda book: [book.put(Product(code=code, name=code)) for code in ("p1", "p2")])
        return staff

    yield make
    with contextlib.closing(mariadb.root()) as connection, connection.cursor() as cursor:
        cursor.execute("DROP USER IF EXISTS 'staff'@'127.0.0.1'")


@pytest.fixture
def staff(staff_of: Callable[[StoreSettings], Staff]) -> Staff:
    """Their MariaDB, and a store of ours that is a file."""
    return staff_of(StoreSettings())


async def test_people_arrive_with_their_roles_and_without_any_password(
    staff_of: Callable[[StoreSettings], Staff], settings: StoreSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    staff = staff_of(settings)
    assert staff.taken() == 0
    printed = capsys.readouterr().out
    assert "added 2, changed 0, unchanged 0" in printed
    assert "tradewind user password" in printed
    zhang, li = staff.users()["zhang"], staff.users()["li"]
    assert (zhang.english_name, zhang.chinese_name, zhang.email) == ("Zhang San", "张三", "z@fund.cn")
    assert zhang.grants == (Grant("fund_manager", "p1", "*"), Grant("trader", "p2", "*"))
    assert (zhang.source, zhang.is_disabled, li.is_disabled) == ("local", False, True)
    with staff.store() as store:
        known = store.find(Credentials, zhang.user_id)
    assert known is not None
    assert known.password_hash == ""
    for guess in ("", "pbkdf2$theirs"):
        assert not await Hashing(PasswordSettings()).verify(known.password_hash, guess)
    assert staff.call("audit", "show", "--chain", "identity") == 0
    printed = capsys.readouterr().out
    assert printed.count("user_added") == 2
    assert "cli import dataweb_read" in printed
    assert "theirs" not in printed


def test_a_second_import_with_nothing_new_changes_nothing(staff: Staff, capsys: pytest.CaptureFixture[str]) -> None:
    assert staff.taken() == 0
    before = staff.users()
    assert staff.taken() == 0
    assert "added 0, changed 0, unchanged 2" in capsys.readouterr().out
    assert staff.users() == before


def test_a_rehearsal_says_what_would_be_done_and_does_nothing(staff: Staff, capsys: pytest.CaptureFixture[str]) -> None:
    assert staff.taken("--dry-run") == 0
    printed = capsys.readouterr().out
    assert "would be added zhang" in printed
    assert "would be added 2, would be changed 0" in printed
    assert staff.users() == {}
    assert staff.call("audit", "show", "--chain", "identity") == 0
    assert "user_added" not in capsys.readouterr().out


def test_what_the_other_system_changes_is_followed_and_what_was_given_here_stays(staff: Staff) -> None:
    assert staff.taken() == 0
    assert staff.call("user", "grant", "zhang", "risk_officer:p1") == 0
    staff.run(
        "UPDATE tw_staff.user SET chinese_name = '张珊', email = 'zs@fund.cn' WHERE id = 7",
        "DELETE FROM tw_staff.user_role_product WHERE role = 'trader'",
        "INSERT INTO tw_staff.user_role_product (user_id, role, product_code) VALUES (7,'viewer','p2')",
        "UPDATE tw_staff.user SET is_active = 1 WHERE id = 8",
    )
    assert staff.taken() == 0
    zhang, li = staff.users()["zhang"], staff.users()["li"]
    assert (zhang.chinese_name, zhang.email) == ("张珊", "zs@fund.cn")
    assert zhang.grants == (
        Grant("fund_manager", "p1", "*"),
        Grant("risk_officer", "p1", "*"),
        Grant("viewer", "p2", "*"),
    )
    assert not li.is_disabled, "who shut them out lets them in again"


def test_who_was_shut_out_here_stays_so(staff: Staff) -> None:
    assert staff.taken() == 0
    assert staff.call("user", "disable", "zhang") == 0
    assert staff.taken() == 0
    assert staff.users()["zhang"].is_disabled


def test_a_password_given_here_is_left_alone(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:

    assert staff.taken() == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("长城-correct-horse-9\n"))
    assert staff.call("user", "password", "zhang") == 0
    with staff.store() as store:
        given = store.find(Credentials, staff.users()["zhang"].user_id)
    staff.run("UPDATE tw_staff.user SET chinese_name = '张珊' WHERE id = 7")
    assert staff.taken() == 0
    with staff.store() as store:
        assert store.find(Credentials, staff.users()["zhang"].user_id) == given
    assert given is not None
    assert given.password_hash


def test_rows_that_cannot_be_are_named_with_their_reasons_and_the_others_are_taken(
    staff: Staff, capsys: pytest.CaptureFixture[str]
) -> None:
    staff.change(lambda book: book.put(User(user_id=book.next_id(User), username="wang")))
    staff.run(
        "INSERT INTO tw_staff.user VALUES (10,'bad name','','','',1,''),(11,'wang','','','',1,''),"
        " (12,'root','','','',1,''),(13,'ZHANG','','','',1,''),(14,'_x','','','',1,'')",
        "INSERT INTO tw_staff.user_role_product (user_id, role, product_code) VALUES (7,'king','p1'),(7,'viewer','p9'),"
        " (99,'viewer','p1')",
    )
    assert staff.taken() == 3
    told = capsys.readouterr()
    for said in (
        "skipped user 'bad name': username must be",
        "skipped wang: a user made here has this name",
        "skipped root: the username 'root' is one of the platform's own",
        "skipped ZHANG: somebody before them has this name",
        "skipped _x: a username is 1 to 32",
        "skipped zhang king:p1:*: there is no role 'king'",
        "skipped zhang viewer:p9:*: there is no product 'p9'",
        "skipped user_role_product 99: a role of nobody",
    ):
        assert said in told.err
    assert "added 2" in told.out
    assert set(staff.users()) == {"wang", "zhang", "li"}
    assert staff.users()["wang"].grants == ()


def test_products_that_are_missing_are_made_where_that_is_asked_for(staff: Staff) -> None:
    staff.run("INSERT INTO tw_staff.user_role_product (user_id, role, product_code) VALUES (7,'viewer','p9')")
    assert staff.taken("--add-products") == 0
    assert Grant("viewer", "p9", "*") in staff.users()["zhang"].grants
    with staff.store() as store:
        assert "p9" in {product.code for product in store.people().products}


def test_who_is_not_there_any_more_is_named_and_shut_out_only_where_that_is_asked_for(
    staff: Staff, capsys: pytest.CaptureFixture[str]
) -> None:
    assert staff.taken() == 0
    staff.run("DELETE FROM tw_staff.user_role_product WHERE user_id = 7", "DELETE FROM tw_staff.user WHERE id = 7")
    assert staff.taken() == 0
    assert "not there any more: zhang (see --disable-gone)" in capsys.readouterr().out
    assert not staff.users()["zhang"].is_disabled
    assert staff.taken("--disable-gone") == 0
    assert staff.users()["zhang"].is_disabled
    staff.run("INSERT INTO tw_staff.user VALUES (7,'zhang','','张三','',1,'')")
    assert staff.taken() == 0
    assert (staff.users()["zhang"].is_disabled, staff.users()["zhang"].grants) == (False, ())


def test_where_a_directory_server_is_set_it_judges_their_passwords(staff: Staff) -> None:
    assert staff.taken("--set", "access.ldap.url=ldap://127.0.0.1:1") == 0
    assert {user.source for user in staff.users().values()} == {"ldap"}


def test_a_database_that_is_not_set_or_writable_or_away_is_one_clear_line(
    staff: Staff, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["user", "import", "--from", "dataweb_read", "--set", f"data_dir={tmp_path}"]
    assert main(words) == 1
    assert "set databases.dataweb_read.url" in capsys.readouterr().err
    away = ["--set", "databases.dataweb_read.url=mysql://staff@127.0.0.1:1/tw_staff"]
    assert main([*words, *away]) == 1
    assert "does not answer" in capsys.readouterr().err
    staff.run("GRANT INSERT ON tw_staff.* TO 'staff'@'127.0.0.1'")
    assert staff.taken() == 1
    assert "may do more than read" in capsys.readouterr().err
    assert staff.users() == {}
