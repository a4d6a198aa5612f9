"""What is carried to another machine: an image that is one by the OCI specification, and its compose file."""

import json
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from app.model.errors import Unavailable
from installer.elf import needs
from installer.plan import Wishes, export
from installer.steps import MakeFolder, Pack, Plan, Write
from installer.targets import docker

WISHES = Wishes(version="1.0.0", public_url="https://desk.example/support")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program as PyInstaller lays it out, its launcher a real ELF program of this machine."""
    folder = tmp_path_factory.mktemp("tree")
    (folder / "_internal" / "app").mkdir(parents=True)
    (folder / "monodesk").write_bytes(Path("/bin/ls").read_bytes())
    (folder / "monodesk").chmod(0o755)
    (folder / "_internal" / "app" / "words.txt").write_text("words")
    (folder / "_internal" / "words").symlink_to("app/words.txt")
    return folder


def _image(tree: Path, folder: Path, name: str = "image.tar") -> tarfile.TarFile:
    docker.write_image(tree, "1.0.0", folder / name)
    return tarfile.open(folder / name)


def _blob(image: tarfile.TarFile, descriptor: dict[str, object]) -> bytes:
    """What a descriptor names, with its digest and size held against it."""
    algorithm, _, digest = str(descriptor["digest"]).partition(":")
    file = image.extractfile(f"blobs/{algorithm}/{digest}")
    assert file is not None
    content = file.read()
    assert sha256(content).hexdigest() == digest
    assert len(content) == descriptor["size"]
    return content


def _json(image: tarfile.TarFile, name: str) -> dict[str, object]:
    file = image.extractfile(name)
    assert file is not None
    value: dict[str, object] = json.load(file)
    return value


def test_the_image_is_what_the_specification_says(tree: Path, tmp_path: Path) -> None:
    with _image(tree, tmp_path) as image:
        assert _json(image, "oci-layout") == {"imageLayoutVersion": "1.0.0"}
        index = _json(image, "index.json")
        (named,) = index["manifests"]  # type: ignore[misc]
        manifest = json.loads(_blob(image, named))  # type: ignore[has-type]
        config = json.loads(_blob(image, manifest["config"]))
        (layer,) = manifest["layers"]
        content = _blob(image, layer)

    assert (config["os"], config["architecture"]) == ("linux", "amd64")
    (tmp_path / "layer.tar.gz").write_bytes(content)
    with tarfile.open(tmp_path / "layer.tar.gz") as opened:
        entries = {entry.name: entry for entry in opened}
    assert len(entries) == len(set(entries))
    assert entries["opt/monodesk/monodesk"].mode == 0o755
    assert entries["opt/monodesk/_internal/words"].linkname == "app/words.txt"
    assert (entries["data"].uid, entries["data"].mode) == (docker.USER, 0o700)
    assert entries["tmp"].mode == 0o1777
    assert {entry.mtime for entry in entries.values()} == {0}
    for name in entries:
        assert all(str(parent) in entries for parent in Path(name).parents if str(parent) != "."), name


def test_docker_of_before_finds_its_way(tree: Path, tmp_path: Path) -> None:
    with _image(tree, tmp_path) as image:
        file = image.extractfile("manifest.json")
        assert file is not None
        (one,) = json.load(file)
        names = image.getnames()

    assert one["RepoTags"] == ["monodesk:1.0.0"]
    assert {one["Config"], *one["Layers"]} <= set(names)


def test_two_images_of_one_tree_are_the_same_to_the_byte(tree: Path, tmp_path: Path) -> None:
    _image(tree, tmp_path, "one").close()
    (tree / "monodesk").touch()
    _image(tree, tmp_path, "two").close()

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_a_machine_without_libc_says_so(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="glibc"):
        docker.write_image(tree, "1.0.0", tmp_path / "image", host=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_elf_files_say_what_they_need(tree: Path) -> None:
    found = needs(Path("/bin/ls"))

    assert found is not None
    assert "libc.so.6" in found.libraries
    assert Path(found.loader).exists()
    assert needs(tree / "_internal" / "app" / "words.txt") is None


def test_the_compose_file_gives_the_server_its_folder_and_nothing_else() -> None:
    service = yaml.safe_load(docker.compose("1.0.0", WISHES.public_url))["services"]["monodesk"]

    assert service["image"] == "monodesk:1.0.0"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["environment"] == {"MONODESK_PUBLIC_URL": WISHES.public_url}
    assert yaml.safe_load(docker.compose("1.0.0", ""))["services"]["monodesk"].get("environment") is None


def test_a_second_export_has_nothing_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    digests = {str(one): "" for one in (tmp_path, *tmp_path.parents)}
    first = export(folder, "docker", WISHES, digests)
    assert [type(step) for step in first.steps] == [MakeFolder, Pack, Write]

    image, compose = first.steps[1:]
    assert isinstance(image, Pack)
    assert isinstance(compose, Write)
    digests |= {str(folder): "", str(image.path): "ab", str(compose.path): sha256(compose.text.encode()).hexdigest()}

    assert export(folder, "docker", WISHES, digests, "ab").steps == Plan(()).steps
    assert [type(step) for step in export(folder, "docker", WISHES, digests, "cd").steps] == [Pack]
