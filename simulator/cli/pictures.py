"""The options of commands that draw, and where what they draw goes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

import typer

from jpki.cli.outputs import write_bytes
from jpki.validation import Language
from simulator.pictures import Picture, html, svg, text

__all__ = ["Drawn", "chosen_form", "form_of", "is_folder", "save_pictures", "show_picture"]


class Drawn(StrEnum):
    """The forms a picture comes in; the value is the ending of its file."""

    SVG = ".svg"
    HTML = ".html"
    TEXT = ".txt"


def chosen_form(flags: Mapping[Drawn, bool], out: Path | None) -> Drawn | None:
    """Return the one form asked for, by its flag or by the name of the file; None for neither."""
    asked = [form for form, flag in flags.items() if flag]
    if len(asked) > 1:
        raise typer.BadParameter("choose one of --svg, --html and --text")
    if asked or out is None:
        return asked[0] if asked else None
    return form_of(out)


def form_of(path: Path) -> Drawn:
    """Return the form that the ending of a file's name stands for."""
    try:
        return Drawn(path.suffix.lower())
    except ValueError:
        raise typer.BadParameter("the file's name has to end in .svg, .html or .txt") from None


def show_picture(
    picture: Picture, form: Drawn, language: Language, out: Path | None, *, force: bool
) -> None:
    """Write a picture to a file, or to the standard output."""
    width = shutil.get_terminal_size().columns if out is None else 80
    made = _FORMS[form](picture, language, width)
    write_bytes(made.encode(), out, force=force)


def save_pictures(
    named: Sequence[tuple[str, Picture]], language: Language, out: Path
) -> tuple[Path, ...]:
    """Write pictures and return their files: one page of all, or a file each, named after ``out``.

    In a folder there is an SVG file for each, by its own name.

    What is in the way is replaced: a picture is made anew whenever its story is run.
    """
    if is_folder(out):
        return tuple(_into(out, name, picture, language) for name, picture in named)
    form = form_of(out)
    if form is Drawn.HTML:
        write_bytes(html([picture for _, picture in named], language).encode(), out, force=True)
        return (out,)
    if len(named) == 1:
        show_picture(named[0][1], form, language, out, force=True)
        return (out,)
    paths = []
    for name, picture in named:
        path = out.with_name(f"{out.stem}-{name}{out.suffix}")
        show_picture(picture, form, language, path, force=True)
        paths.append(path)
    return tuple(paths)


def is_folder(path: Path) -> bool:
    """Tell whether a folder is meant: one that is there, or a name without an ending."""
    return path.is_dir() or not path.suffix


def _into(folder: Path, name: str, picture: Picture, language: Language) -> Path:
    path = folder / f"{name}{Drawn.SVG.value}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{folder} cannot be made: {error.strerror}") from None
    show_picture(picture, Drawn.SVG, language, path, force=True)
    return path


_FORMS: Mapping[Drawn, Callable[[Picture, Language, int], str]] = MappingProxyType(
    {
        Drawn.SVG: lambda picture, language, _: svg(picture, language),
        Drawn.HTML: lambda picture, language, _: html(picture, language),
        Drawn.TEXT: lambda picture, language, width: text(picture, language, width=width),
    }
)
