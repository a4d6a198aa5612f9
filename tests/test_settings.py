"""Flag over environment over file over default; a wrong key or value stops with its name and what is allowed."""

import ast
from pathlib import Path

import pytest

from app.model.errors import Invalid
from app.settings import (
    RELOADED,
    Limits,
    Settings,
    Source,
    adopt,
    from_json,
    host_and_port,
    load,
    named,
    origins,
    settle,
    sources,
    to_json,
)


def test_each_source_outranks_the_one_below(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('listen = "127.0.0.1:1"\nworkers = 1\nlog_level = "error"\n')
    environ = {"MONODESK_LISTEN": "127.0.0.1:2", "MONODESK_WORKERS": "2", "HOME": "/nowhere"}
    settings = load({"data": tmp_path, "listen": "127.0.0.1:3", "workers": None}, environ)
    assert (settings.listen, settings.workers, settings.log_level) == ("127.0.0.1:3", 2, "error")
    assert settings.public_url == Settings().public_url


def test_what_the_machine_suggests_stands_between_file_and_default(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[limits]\nreaders = 5\n")
    given = sources({"data": tmp_path, "workers": None}, {"MONODESK_LIMITS_POLLS_MAX": "9"})
    tuned = Source("tuned", {"workers": 3, "limits": {"readers": 7, "polls_max": 8, "downloads_max": 6}})
    settings = settle((tuned, *given))
    limits = settings.limits
    assert (settings.workers, limits.readers, limits.polls_max, limits.downloads_max) == (3, 5, 9, 6)
    assert origins((tuned, *given)) == {
        "data": "flag",
        "workers": "tuned",
        "limits.readers": "file",
        "limits.polls_max": "environment",
        "limits.downloads_max": "tuned",
    }


def test_every_setting_has_a_name() -> None:
    keys = [key for key, _ in named(Settings())]
    assert len(keys) == len(set(keys)) > 150
    assert {"workers", "limits.readers", "tls.mode", "files.accept", "data"} <= set(keys)


def test_limits_are_merged_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[limits]\nreaders = 5\nfile_bytes_max = 7\n")
    limits = load({"data": tmp_path}, {"MONODESK_LIMITS_FILE_BYTES_MAX": "9"}).limits
    assert (limits.readers, limits.file_bytes_max, limits.polls_max) == (5, 9, Settings().limits.polls_max)


def test_where_the_one_file_unpacks_itself_is_no_setting(tmp_path: Path) -> None:
    assert load({"data": tmp_path}, {"MONODESK_RUNTIME": "/srv/run"}) == load({"data": tmp_path}, {})


def test_the_certificate_may_be_settled_in_file_and_environment(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[tls]\nmode = "own"\nnames = ["a.example"]\n')
    assert load({"data": tmp_path}, {}).tls.names == ("a.example",)
    given = load({"data": tmp_path}, {"MONODESK_TLS_NAMES": "b.example, 10.0.0.7,"})
    assert (given.tls.mode, given.tls.names) == ("own", ("b.example", "10.0.0.7"))
    assert from_json(to_json(given)) == given


def test_the_data_folder_may_come_from_the_environment_and_brings_its_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("workers = 3\n")
    settings = load({"data": None}, {"MONODESK_DATA": str(tmp_path)})
    assert (settings.data, settings.workers) == (tmp_path, 3)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"MONODESK_WORKRES": "1"}, ("“workres”", "allowed: workers")),
        ({"MONODESK_LIMITS_READRES": "1"}, ("“readres”", "allowed: readers")),
        ({"MONODESK_WORKERS": "many"}, ("workers", "int")),
        ({"MONODESK_WORKERS": "65"}, ("workers", "0 and 64")),
        ({"MONODESK_LIMITS_READERS": "0"}, ("limits.readers", "greater than 0")),
        ({"MONODESK_LOG_LEVEL": "loud"}, ("log_level", "debug, info, warning, error")),
        ({"MONODESK_DURABILITY": "off"}, ("durability", "full, normal")),
        ({"MONODESK_LISTEN": "8080"}, ("listen", "HOST:PORT")),
        ({"MONODESK_LISTEN": "127.0.0.1:70000"}, ("listen", "65535")),
        ({"MONODESK_TLS_MOD": "own"}, ("“mod”", "allowed: mode")),
        ({"MONODESK_TLS_MODE": "yes"}, ("tls.mode", "off, files, own, acme")),
        ({"MONODESK_TLS_MODE": "files", "MONODESK_TLS_KEY": "/k.pem"}, ("tls.certificate", "PEM")),
        ({"MONODESK_TLS_MODE": "acme", "MONODESK_TLS_NAMES": "a.example"}, ("tls.http_listen", "0.0.0.0:80")),
        ({"MONODESK_TLS_MODE": "own", "MONODESK_TLS_NAMES": "a.example,no name"}, ("tls.names", "“no name”")),
        ({"MONODESK_TLS_MODE": "own", "MONODESK_TLS_NAMES": "*.example"}, ("tls.names", "“*.example”")),
        ({"MONODESK_TLS_HTTP_LISTEN": "0.0.0.0:80"}, ("tls.http_listen", "other than “off”")),
        ({"MONODESK_TLS_MODE": "own", "MONODESK_TLS_HTTP_LISTEN": "80"}, ("tls.http_listen", "HOST:PORT")),
        ({"MONODESK_TLS_ACME_DIRECTORY": "http://ca.example"}, ("tls.acme_directory", "https://")),
        ({"MONODESK_PUBLIC_LISTEN": "8081"}, ("public_listen", "HOST:PORT")),
        ({"MONODESK_PUBLIC_LISTEN": "127.0.0.1:8081"}, ("public_listen", "public_url")),
        ({"MONODESK_PUBLIC_URL": "shop.example"}, ("public_url", "https://shop.example/support")),
        ({"MONODESK_PUBLIC_URL": "https://shop.example/a?b"}, ("public_url", "a?b")),
        ({"MONODESK_PUBLIC_URL": "https://a:b@shop.example"}, ("public_url",)),
        ({"MONODESK_PUBLIC_URL": "https://shop.example/chat/x"}, ("public_url", "/chat")),
        ({"MONODESK_TRUSTED_PROXIES": "10.0.0.1, nginx"}, ("trusted_proxies", "“nginx”")),
        ({"MONODESK_TRUSTED_PROXIES": "10.0.0.1/8"}, ("trusted_proxies", "host bits")),
        ({"MONODESK_PROXY_PROTOCOL": "true"}, ("proxy_protocol", "trusted_proxies")),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(environ: dict[str, str], told: tuple[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        load({}, environ)
    assert all(part in refused.value.en for part in told)
    assert all(part in refused.value.zh for part in told)


def test_trusted_proxies_are_a_list_in_the_file_and_stand_between_commas_in_a_variable(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('trusted_proxies = ["10.0.0.0/8", "::1"]\nproxy_protocol = true\n')
    settings = load({"data": tmp_path}, {})
    assert (settings.trusted_proxies, settings.proxy_protocol) == (("10.0.0.0/8", "::1"), True)
    settings = load({"data": tmp_path}, {"MONODESK_TRUSTED_PROXIES": "127.0.0.1, 192.0.2.0/24,"})
    assert settings.trusted_proxies == ("127.0.0.1", "192.0.2.0/24")


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("", "", ""),
        ("https://Desk.example", "desk.example", ""),
        ("https://desk.example:8443/", "desk.example:8443", ""),
        ("https://shop.example/support/", "shop.example", "/support"),
        ("http://[::1]:80/a/b", "[::1]:80", "/a/b"),
    ],
)
def test_the_public_url_has_a_host_and_perhaps_a_path(url: str, host: str, path: str) -> None:
    settings = load({"public_url": url}, {})
    assert (settings.public_host, settings.base_path) == (host, path)


def test_a_named_file_must_exist_and_be_toml(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="config_missing"):
        load({}, {}, tmp_path / "absent.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("workers = = 1\n")
    with pytest.raises(Invalid, match=r"config_malformed.*line 1"):
        load({}, {}, broken)


def test_an_address_is_a_host_and_a_port() -> None:
    assert host_and_port("[::1]:80") == ("::1", 80)
    assert host_and_port("0.0.0.0:0") == ("0.0.0.0", 0)


def test_a_reload_changes_what_may_change_and_names_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    running = load({"data": tmp_path}, {})
    limits, usual = running.limits, Limits().file_bytes_max
    file.write_text(
        'log_level = "debug"\nworkers = 3\n[limits]\nfile_bytes_max = 7\nreaders = 9\n[tls]\nmode = "own"\n'
    )
    changed, kept = adopt(running, load({"data": tmp_path}, {}))
    assert sorted(changed) == ["limits.file_bytes_max", "log_level"]
    assert sorted(kept) == ["limits.readers", "tls.mode", "workers"]
    assert running.limits is limits
    assert (running.log_level, limits.file_bytes_max, limits.readers) == ("debug", 7, Limits().readers)
    file.unlink()
    adopt(running, load({"data": tmp_path}, {}))
    assert (running.log_level, limits.file_bytes_max, Limits().file_bytes_max) == ("info", usual, usual)


def test_no_room_keeps_a_copy_of_what_a_reload_changes() -> None:
    """A constructor, a default or a module that reads such a limit would go on with the old one."""
    names = {name.removeprefix("limits.") for name in RELOADED if name.startswith("limits.")}
    assert names <= set(Limits.__struct_fields__)
    assert {name for name in RELOADED if not name.startswith("limits.")} <= set(Settings.__struct_fields__)
    app = Path(__file__).parent.parent / "app"
    copies = [
        f"{path.relative_to(app)}: {name}"
        for path in sorted(app.rglob("*.py"))
        if "node_modules" not in path.parts
        for name in _read_once(ast.parse(path.read_text(encoding="utf-8"))) & names
    ]
    assert copies == []


def _read_once(module: ast.Module) -> set[str]:
    """Attributes that are read when a module is imported or an object made."""
    found = set()
    unseen: list[ast.AST] = [module]
    while unseen:
        node = unseen.pop()
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__init__":
            unseen += [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
        elif not isinstance(node, ast.Lambda):
            unseen += ast.iter_child_nodes(node)
    return found
