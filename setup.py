"""Compiles `optimized`: every module there with a `.pxd` beside it. All else about the project is in pyproject.toml.

An extension is kept in build/extensions under the digest of all that went into it, so only what changed is compiled.
`build_variant` makes the builds for tests, in build/NAME, which no wheel contains. With SAMESTATE_PURE=1 nothing is
compiled, and all is installed but `optimized`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import ClassVar

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent.resolve()
PURE = os.environ.get("SAMESTATE_PURE", "") not in ("", "0")
PACKAGE = ROOT / "samestate" / "optimized"
KEPT = ROOT / "build" / "extensions"
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
DIRECTIVES = {"boundscheck": False, "wraparound": False, "cdivision": True, "initializedcheck": False}
TRANSLATING = """
import json, sys
from Cython.Compiler.Main import CompilationOptions, compile
answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    name, source, target, directives = json.loads(line)
    options = CompilationOptions(cplus=True, language_level=3, output_file=target, compiler_directives=directives)
    print(compile(source, options, full_module_name=name).num_errors, file=answers, flush=True)
"""


def load_sources():
    """The module `sources` of `optimized`, without the package around it, which wants to be compiled first."""
    specification = spec_from_file_location("sources", PACKAGE / "sources.py")
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


sources = load_sources()


class Translators:
    """Processes that translate one module after another to C++: to import Cython takes longer than to translate."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.idle: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Translators:
        return self

    def __exit__(self, *raised: object) -> None:
        while self.idle:
            with self.idle.pop():  # closes what it reads from, and waits
                pass

    def translate(self, name: str, source: Path, target: Path) -> None:
        """The module of that name. Any number of threads may ask."""
        try:
            process = self.idle.pop()
        except IndexError:
            command = [sys.executable, "-c", TRANSLATING]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
            process = subprocess.Popen(command, cwd=self.root, **pipes)
        try:
            process.stdin.write(json.dumps([name, str(source), str(target), DIRECTIVES]) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if answer:
            self.idle.append(process)
        if answer.strip() != "0":
            sys.exit(f"samestate: {source} could not be translated to C++: Cython says above why")


@dataclass(frozen=True, slots=True)
class Build:
    """How to compile: where the package lies and what it is called, what the compiler is told, and what is left out."""

    package: Path
    name: str
    macros: tuple[tuple[str, str | None], ...] = ()
    flags: tuple[str, ...] = ("-O3", "-g0")
    left_out: frozenset[Path] = frozenset()

    @property
    def root(self) -> Path:
        """The folder from which the package is imported."""
        return self.package.parents[self.name.count(".")]

    def modules(self) -> dict[str, Path]:
        """Module name to source, `built` last."""
        paths = set(sources.compiled_modules(self.package)) - self.left_out
        paths = sorted(paths, key=lambda path: (path.stem == "built", path))
        return {".".join((self.name, *path.relative_to(self.package).with_suffix("").parts)): path for path in paths}

    def compiler_flags(self) -> list[str]:
        vectorize = "-fno-slp-vectorize" if sys.platform == "darwin" else "-fno-tree-slp-vectorize"
        quiet = ["-Wno-unused-function", "-Wno-unreachable-code", "-Wno-sign-compare"]
        return [*self.flags, "-std=c++17", vectorize, "-fvisibility=hidden", "-pthread", *quiet]

    def dependencies(self, source: Path) -> set[Path]:
        """`source` and what it can see: a `.pxd` named there, or in a package named there, and the headers included."""
        found = {source, source.with_suffix(".pxd")}
        queue = list(found)
        while queue:
            path = queue.pop()
            for name in re.findall(
                rf"\b{re.escape(self.name)}(?:\.\w+)+|(?<=from )\.+[\w.]*", path.read_text(encoding="utf-8")
            ):
                target = self.root.joinpath(*name.split("."))
                if name.startswith("."):
                    named = set(self.package.rglob("*.pxd"))
                else:
                    named = {target.with_suffix(".pxd")} | set(target.glob("*.pxd"))
                new = {declarations for declarations in named if declarations.exists()} - found
                found |= new
                queue += new
        return found | self.headers(found)

    def headers(self, paths: Iterable[Path]) -> set[Path]:
        """The headers that are included in `paths`, and in those headers."""
        found: set[Path] = set()
        queue = list(paths)
        while queue:
            path = queue.pop()
            for name in re.findall(r'"([\w./]+\.hpp)"', path.read_text(encoding="utf-8")):
                beside, below = path.parent / name, self.root / name
                header = beside if beside.exists() else below
                if header.exists() and header not in found:
                    found.add(header)
                    queue.append(header)
        return found

    def key(self, name: str, source: Path) -> str:
        """Digest of all that makes the extension what it is."""
        total = hashlib.sha256()
        for path in sorted(self.dependencies(source)):
            total.update(f"\n{path.relative_to(self.root)}\n".encode() + path.read_bytes())
        asked = [os.environ.get(name, "") for name in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "ARCHFLAGS")]
        tools = [sys.version, version("cython"), SUFFIX, compiler_version("CC"), compiler_version("CXX"), *asked]
        total.update(repr((name, tools, DIRECTIVES, self.compiler_flags(), self.macros)).encode())
        return total.hexdigest()[:16]

    def knowing_its_sources(self) -> Build:
        """For the module `built`, which alone is told the digest: it is compiled again whenever anything changed."""
        digest = sources.digest(self.package, self.left_out)
        return replace(self, macros=(*self.macros, ("SAMESTATE_SOURCES", f'"{digest}"')))

    def extension(self, name: str, source: Path, compiler, translators: Translators) -> Path:
        """Where the extension lies once compiled; nothing to do if it was compiled from the same sources before."""
        key = self.key(name, source)
        kept = KEPT / f"{name}-{key}{SUFFIX}"
        if kept.exists():
            kept.touch()
            return kept
        print(f"compiling {name}", flush=True)
        work = KEPT / f"{name}-{key}.{os.getpid()}"
        work.mkdir(parents=True, exist_ok=True)
        translated = work / f"{source.stem}.cpp"
        translators.translate(name, source, translated)
        include = [str(self.root), sysconfig.get_path("include"), sysconfig.get_path("platinclude")]
        flags = self.compiler_flags()
        objects = compiler.compile([str(translated)], "/", list(self.macros), include, extra_postargs=flags)
        linked = work / kept.name
        linking = ["-pthread", *(flag for flag in self.flags if flag.startswith("-fsanitize"))]
        compiler.link_shared_object(objects, str(linked), extra_postargs=linking, target_lang="c++")
        linked.replace(kept)
        shutil.rmtree(work)
        forget_old(name)
        return kept

    def extensions(self, compiler, jobs: int) -> Iterator[tuple[str, Path]]:
        """Name and place of each extension; `built` is compiled only after all others were."""
        *others, built = self.modules().items()
        with Translators(self.root) as translators:
            with ThreadPoolExecutor(jobs) as pool:
                pending = [pool.submit(self.extension, *module, compiler, translators) for module in others]
                for (name, _), future in zip(others, pending, strict=True):
                    yield name, future.result()
            name, source = built
            yield name, self.knowing_its_sources().extension(name, source, compiler, translators)


ENGINE = Build(PACKAGE, "samestate.optimized")
SHIPPED = replace(ENGINE, left_out=frozenset(sources.of_tests(PACKAGE)))


@cache
def compiler_version(variable: str) -> str:
    """What the compiler says of itself that CC or CXX names: another version makes other extensions."""
    named = os.environ.get(variable) or sysconfig.get_config_var(variable) or "c++"
    try:
        return subprocess.run(
            [*named.split(), "--version"], capture_output=True, text=True, encoding="utf-8", check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        return f"{named}: {error}"  # where it is needed, compiling says so


def forget_old(name: str, keep: int = 12) -> None:
    """Removes all but the extensions of that name used last."""
    kept = sorted(KEPT.glob(f"{name}-*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-keep]:
        path.unlink()


def jobs(parallel: bool | str | int | None) -> int:
    """How many modules to compile at once."""
    return int(parallel or os.environ.get("SAMESTATE_BUILD_JOBS") or os.cpu_count() or 1)


def put(extension: Path, place: Path) -> None:
    """Copies beside and renames, since a process may be running the extension that lies there."""
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f"{place.name}.{os.getpid()}")
    shutil.copyfile(extension, fresh)
    fresh.replace(place)


def refuse_unless_possible() -> None:
    """Ends in a sentence, before anything else is done, where there is no compiler or Python lacks its headers."""
    named = os.environ.get("CXX") or sysconfig.get_config_var("CXX") or "c++"
    header = Path(sysconfig.get_path("include"), "Python.h")
    if shutil.which(named.split()[0]) is None:
        missing = f"a C++ compiler ({named.split()[0]} is not there; CXX may name another)"
    elif not header.exists():
        missing = f"the headers of this Python ({header} is not there)"
    else:
        return
    sys.exit(
        f"samestate: {missing} is needed to compile the fast engine. On Debian and Ubuntu: apt-get install g++ "
        "python3-dev. On macOS: xcode-select --install. For everything but that engine: SAMESTATE_PURE=1 pip install ."
    )


class BuildPython(build_py):
    """`build_py` into an empty folder: a source since removed would still lie there, and belie the digest.

    What is there for tests alone stays out of it, unless the sources are used where they lie.
    """

    def finalize_options(self) -> None:
        super().finalize_options()
        if PURE:
            self.packages = [name for name in self.packages if not f"{name}.".startswith(f"{ENGINE.name}.")]

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(Path(self.build_lib, "samestate"), ignore_errors=True)
        super().run()
        if not self.editable_mode:
            for path in sources.of_tests(Path(self.build_lib, "samestate", "optimized")):
                if path.is_file():
                    path.unlink()


class BuildExtensions(build_ext):
    """`build_ext`, with what was compiled before taken from build/extensions."""

    def run(self) -> None:
        self.build = ENGINE if self.inplace or self.editable_mode else SHIPPED
        self.extensions = [extension for extension in self.extensions if extension.name in self.build.modules()]
        super().run()

    def build_extensions(self) -> None:
        for name, extension in self.build.extensions(self.compiler, jobs(self.parallel)):
            put(extension, Path(self.get_ext_fullpath(name)))

    def copy_extensions_to_source(self) -> None:
        command = self.get_finalized_command("build_py")
        for extension in self.extensions:
            place = Path(self.get_ext_filename(extension.name))
            folder = command.get_package_dir(extension.name.rpartition(".")[0])
            put(Path(self.build_lib) / place, Path(folder) / place.name)


VARIANTS: dict[str, tuple[tuple[tuple[str, str | None], ...], tuple[str, ...]]] = {
    "explored": ((("SAMESTATE_EXPLORED", None),), ("-O1", "-g0")),
    "thread": ((("SAMESTATE_RACE", None),), ("-O1", "-g1", "-fsanitize=thread")),
    "address": ((), ("-O1", "-g1", "-fsanitize=address,undefined", "-fno-omit-frame-pointer")),
}


def copied(name: str) -> Path:
    """A copy of the package, in build/NAME/optimized_NAME, that calls itself so; only what changed is written."""
    source, target = PACKAGE, ROOT / "build" / name / f"optimized_{name}"
    own_name = re.compile(r"\bsamestate[./]optimized\b")
    wanted = set()
    for path in source.rglob("*"):
        if path.suffix in sources.SUFFIXES:
            place = target / path.relative_to(source)
            wanted.add(place)
            text = own_name.sub(target.name, path.read_text(encoding="utf-8"))
            if not place.exists() or place.read_text(encoding="utf-8") != text:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
    for path in target.rglob("*"):
        if path.suffix in sources.SUFFIXES and path not in wanted:
            path.unlink()
    return target


class BuildVariant(build_ext):
    """`build_variant --variant NAME`: the package compiled for a kind of test, as build/NAME/optimized_NAME."""

    description = "compile a variant of `optimized` for tests"
    user_options: ClassVar = [*build_ext.user_options, ("variant=", None, " or ".join(VARIANTS))]

    def initialize_options(self) -> None:
        super().initialize_options()
        self.variant = ""

    def finalize_options(self) -> None:
        super().finalize_options()
        if self.variant not in VARIANTS:
            sys.exit(f"--variant must be {' or '.join(VARIANTS)}, not {self.variant!r}")

    def build_extensions(self) -> None:
        macros, flags = VARIANTS[self.variant]
        package = copied(self.variant)
        build = Build(package, package.name, macros, flags)
        for name, extension in build.extensions(self.compiler, jobs(self.parallel)):
            place = build.root.joinpath(*name.split("."))
            put(extension, place.with_name(place.name + SUFFIX))


if not PURE and {"dist_info", "bdist_wheel", "editable_wheel", "build", "build_ext", "install"} & set(sys.argv):
    refuse_unless_possible()

setup(
    ext_modules=[]
    if PURE
    else [
        Extension(name, [path.relative_to(ROOT).as_posix()], language="c++") for name, path in ENGINE.modules().items()
    ],
    cmdclass={"build_py": BuildPython, "build_ext": BuildExtensions, "build_variant": BuildVariant},
)
