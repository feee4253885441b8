"""Which files hold stories: the ones named, folders of them, or the ones shipped."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from jpki.errors import MalformedDocument
from simulator.story.places import Place
from simulator.story.problems import Problem
from simulator.story.reading import Reading, read_story

__all__ = ["read_file", "shipped_stories", "story_files"]

# A story is a page or two; whatever is larger is not one.
_LARGEST_FILE = 1 << 20


def shipped_stories() -> Path:
    """Return the folder of the stories that are part of the simulator."""
    return Path(str(files("simulator").joinpath("stories")))


def story_files(named: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files named and those in the folders named, each once; shipped ones if none is.

    :class:`MalformedDocument` when a folder holds no story.
    """
    paths = tuple(named) or (shipped_stories(),)
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob("*.toml")) if path.is_dir() else [path]
        if not inside:
            raise MalformedDocument("the folder holds no .toml file", source=str(path))
        found.update(dict.fromkeys(inside))
    return tuple(found)


def read_file(path: Path) -> Reading:
    """Read a story's file; its name without ``.toml`` is the story's."""
    source = _shown(path)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return _unreadable(source, "larger than 1 MiB")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return _unreadable(source, error.strerror or str(error))
    except UnicodeDecodeError as error:
        return _unreadable(source, f"not UTF-8 at byte {error.start}")
    # Lines may end as on Windows; columns are counted the same either way.
    return read_story(text.replace("\r\n", "\n"), name=path.stem, source=source)


def _unreadable(source: str, detail: str) -> Reading:
    problem = Problem(source, Place(1, 1), "unreadable", {"detail": detail})
    return Reading(source, None, (problem,))


def _shown(path: Path) -> str:
    """Return the path as short as it can be opened from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
