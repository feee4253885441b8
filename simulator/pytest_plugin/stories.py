"""Stories as parameters: one test for every variant of every story that is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from jpki.errors import MalformedDocument
from jpki.law import Rulebook
from jpki.life import Recorded, State, state_at
from simulator.story import (
    Outcome,
    Story,
    Variant,
    failure_text,
    read_file,
    run_variant,
    shipped_stories,
    story_files,
)
from simulator.story.problems import Language

__all__ = ["StoryRun", "find_stories"]


@dataclass(frozen=True)
class StoryRun:
    """One variant of one story, run when its outcome is first asked for."""

    story: Story
    variant: Variant
    book: Rulebook

    def __repr__(self) -> str:
        return f"<StoryRun {self.name}>"

    @property
    def name(self) -> str:
        """The story's name, with its variant, such as ``sc-02-renewal-one-day-early/a``."""
        return self.story.run_id(self.variant)

    @cached_property
    def outcome(self) -> Outcome:
        """What came of it."""
        return run_variant(self.story, self.variant, book=self.book)

    @property
    def passed(self) -> bool:
        """Whether everything was as the story expects."""
        return self.outcome.passed

    @property
    def entries(self) -> tuple[Recorded, ...]:
        """The log that the story wrote, up to its end or its first difference."""
        return self.outcome.entries

    def state(self, at: datetime) -> State:
        """Return what was so at an instant of the story."""
        return state_at(self.entries, at, book=self.book.with_(**self.variant.policies))

    def failure(self, language: Language = "en") -> str:
        """Return the first difference with its chain of causes; empty when there is none."""
        return failure_text(self.outcome, language)


def find_stories(named: Iterable[str], *, beside: Path) -> tuple[tuple[Story, Variant], ...]:
    """Return the variants of the stories named, in the order of names and files; default: shipped.

    A name is that of a shipped story or its beginning up to a hyphen (``sc-01``), or a ``.toml``
    file or folder, looked for in the folder ``beside`` which the test lies. Raises
    ``MalformedDocument`` for a story that is not there or cannot be read.
    """
    files = [path for name in named for path in _files(name, beside)] or [*story_files(())]
    return tuple(
        (story, variant)
        for path in dict.fromkeys(files)
        for story in (_read(path),)
        for variant in story.variants
    )


def _files(name: str, beside: Path) -> tuple[Path, ...]:
    path = beside / name
    if name.endswith(".toml") or path.is_dir():
        if not path.exists():
            raise MalformedDocument("there is no such story", source=str(path))
        return story_files((path,))
    shipped = story_files((shipped_stories(),))
    found = tuple(one for one in shipped if one.stem == name or one.stem.startswith(f"{name}-"))
    if not found:
        raise MalformedDocument(
            f"no shipped story is called {name!r}",
            source="@pytest.mark.jpki_story",
            hint="jpki-sim story list tells them; a file of your own ends in .toml",
        )
    return found


def _read(path: Path) -> Story:
    reading = read_file(path)
    if reading.story is None:
        problems = "\n".join(problem.text("en") for problem in reading.problems)
        raise MalformedDocument(f"not a story:\n{problems}", source=str(path))
    return reading.story
