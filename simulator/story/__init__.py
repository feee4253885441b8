"""Stories: what happens to somebody, told in a TOML file, and what has to be so on which day.

* :func:`read_story` ``(text, *, name, source) -> Reading`` gives the story or its problems, each
  with line and column.
* :func:`run_story` ``(story, *, book=None) -> tuple[Outcome, ...]`` runs every variant through
  :mod:`jpki.law` and :mod:`jpki.life`, without keys and without a clock.
* :func:`story_files` finds the files named, or those that are shipped.
* :func:`story_schema` is the JSON Schema of the format, for editors.
"""

from simulator.story.files import read_file, shipped_stories, story_files
from simulator.story.model import Story, Variant
from simulator.story.observe import Difference
from simulator.story.problems import Problem
from simulator.story.reading import Reading, read_story
from simulator.story.report import failure_text, outcome_data
from simulator.story.run import Outcome, run_story, run_variant
from simulator.story.schema import story_schema

__all__ = [
    "Difference",
    "Outcome",
    "Problem",
    "Reading",
    "Story",
    "Variant",
    "failure_text",
    "outcome_data",
    "read_file",
    "read_story",
    "run_story",
    "run_variant",
    "shipped_stories",
    "story_files",
    "story_schema",
]
