"""A library and a program of real machine code, and both linked anew after a small change.

They are linked from static archives that stand on a machine that can build this project: Swift's
own for the library, Debian's C and C++ ones for the program. Three small sources of ours stand at
the beginning, in the middle and at the end of what is linked. The next release's have another few
functions and longer texts, so that, as after any rebuild, code moves and the addresses in code,
tables and relocations change throughout.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from settings import BenchError
from shell import run

LIBRARY_QUICK = ("FoundationInternationalization", "CoreFoundation", "swift_StringProcessing")
LIBRARY = (
    *LIBRARY_QUICK,
    "FoundationEssentials",
    "Foundation",
    "swiftCore",
    "swiftRuntime",
    "_FoundationCollections",
    "FoundationNetworking",
    "_CFURLSessionInterface",
    "swift_RegexParser",
    "swift_Concurrency",
    "swift_Differentiation",
    "FoundationXML",
    "swiftDispatch",
    "dispatch",
    "swiftDistributed",
    "swiftRegexBuilder",
    "swiftObservation",
    "swiftSynchronization",
)
PROGRAM_QUICK = ("libzstd.a", "libarchive.a", "libsodium.a")
PROGRAM = (*PROGRAM_QUICK, "libcrypto.a", "libssl.a", "libcurl.a", "libstdc++.a")

#: Archives that define the same name, or need one of another, are linked all the same: the
#: result is compared, compressed and copied, never run.
LENIENT = ["-Wl,--unresolved-symbols=ignore-all", "-Wl,-z,notext", "-Wl,-z,muldefs"]


def write_library(path: Path, *, release: int, quick: bool, scratch: Path) -> None:
    """Links the shared library of a release."""
    folder = _swift_archives()
    names = LIBRARY_QUICK if quick else LIBRARY
    archives = [folder / f"lib{name}.a" for name in names]
    _link(["clang", "-fuse-ld=lld", "-shared"], archives, path, release, scratch)


def write_program(path: Path, *, release: int, quick: bool, scratch: Path) -> None:
    """Links the program of a release; it keeps its symbols."""
    archives = [
        Path(run(["g++", f"-print-file-name={name}"]).strip())
        for name in (PROGRAM_QUICK if quick else PROGRAM)
    ]
    _link(["g++"], archives, path, release, scratch, strip=False)


def _link(
    linker: list[str],
    archives: list[Path],
    path: Path,
    release: int,
    scratch: Path,
    *,
    strip: bool = True,
) -> None:
    for archive in archives:
        if not archive.is_absolute() or not archive.exists():
            raise BenchError(
                f"the archive {archive} is not on this machine; scripts/prepare "
                "installs what building needs"
            )
    main = "-shared" not in linker
    parts = [
        _compile(place, release, scratch, main=main and place == "first")
        for place in ("first", "middle", "last")
    ]
    half = len(archives) // 2
    arguments = [
        *linker,
        "-o",
        path,
        parts[0],
        "-Wl,--whole-archive",
        *archives[:half],
        parts[1],
        *archives[half:],
        "-Wl,--no-whole-archive",
        parts[2],
        *LENIENT,
        "-Wl,--build-id=none",
        "-lstdc++",
        "-lm",
    ]
    run(arguments, environment=_toolchain_path())
    if strip:
        run(["strip", path])


def _compile(place: str, release: int, scratch: Path, *, main: bool) -> Path:
    source, made = scratch / f"{place}.c", scratch / f"{place}.o"
    source.write_text(_source(place, release, main=main))
    run(["gcc", "-O2", "-fPIC", "-fno-stack-protector", "-c", source, "-o", made])
    return made


def _source(place: str, release: int, *, main: bool) -> str:
    """A source of some functions; a later release changes one, adds one and lengthens a text."""
    text = [
        f'const char *bench_{place}_version(void) {{ return "release {release}'
        f'{", with fewer false alarms" * (release - 1)}"; }}'
    ]
    for number in range(20 + release):
        extra = f" ^ (x >> {release})" if number == 7 and release > 1 else ""
        text.append(
            f"int bench_{place}_{number}(const int *v, int n) {{ int s = {number}; "
            f"for (int i = 0; i < n; i++) {{ int x = v[i]; s += x * {number + 3}{extra}; }} "
            f"return s; }}"
        )
    if main:
        text.append("int main(int n, char **a) { (void)a; return n - 1; }")
    return "\n".join(text) + "\n"


def _swift_archives() -> Path:
    swift = shutil.which("swift")
    if swift is None:
        raise BenchError("no swift on the PATH: its static libraries are part of the payload")
    folder = Path(swift).resolve().parent.parent / "lib/swift_static/linux"
    if not folder.is_dir():
        raise BenchError(f"Swift's static libraries are not in {folder}")
    return folder


def _toolchain_path() -> dict[str, str]:
    swift = shutil.which("swift")
    own = str(Path(swift).resolve().parent) + ":" if swift else ""
    return {"PATH": own + "/usr/local/bin:/usr/bin:/bin"}
