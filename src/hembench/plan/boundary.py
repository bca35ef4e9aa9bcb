"""Where the fingerprint of code ends: what is in no key, what followed code may take from there, what is refused.

Every module is either followed from some stage or plug-in, so that its edits count, or named here with the reason
why its edits change no byte of a result; a test sorts all of them.
"""

from __future__ import annotations

BOUNDARY = {
    "hembench.core.atomic": "how bytes get under their name, not which bytes",
    "hembench.core.checkpoint": "how a stopped job goes on: to the same bytes, by a test of every task",
    "hembench.core.errors": "an error ends a job: nothing is published under any message",
    "hembench.core.plugins": "finds the files of plug-ins; the plug-ins found are entries themselves",
    "hembench.core.wording": "words of messages about options; its whole() runs before options are hashed",
    "hembench.datasets._download": "how raw files come: every one is compared with the sha256 in its key",
    "hembench.datasets._present": "tells how to get raw files: these are compared with the sha256 in their key",
    "hembench.plan": "computes the keys; what it hands to a job is the very thing that was hashed",
    "hembench.stages._device": "on which device: recorded, not keyed; a stage gets its name from the driver",
    "hembench.stages._pace": "tells people how far a job is: a log's line, a file beside the lease",
    "hembench.stages._ranks": "who of several processes writes, and when all stop; how many is in the key",
    "hembench.stages._raw": "brings raw files that are not there: each is compared with the sha256 in its key",
    "hembench.stages._stopping": "when a job stops; it goes on later to the same bytes",
    "hembench.claims._rests": "says before an edit is paid for which claims it touches: no job asks",
    "hembench.stages.api": "how inputs are handed over, not which",
    "hembench.stages.driver": "when, where and whether a stage runs; it hands over what the key was made of",
    "hembench.stages.publish": "copies a finished report to where people look",
    "hembench.store.adopt": "links the bytes of one result under the key of another, and says so",
    "hembench.store.artefact": "how files and manifest get into a key's folder; their bytes are a stage's",
    "hembench.store.environment": "what manifests record beside the key: reports tell of it, nothing else does",
    "hembench.store.frozen": "copies the code and the plan that were keyed",
    "hembench.store.gc": "frees what nothing names",
    "hembench.store.layout": "where results and raw data are",
    "hembench.store.lease": "who makes a result",
    "hembench.store.lineage": "see environment: the same, of all that is behind a result",
    "hembench.store.owner": "who holds a lease",
    "hembench.store.progress": "what a job says of itself while it runs",
    "hembench.store.state": "keeps the state of a stopped job: a damaged one is refused by its sha256",
    "hembench.store.strays": "finds what lies in a results folder and belongs to no result",
    "hembench.store.survey": "looks at results and leases, for people",
    "hembench.store.verify": "compares results with their sha256",
    "hembench.__main__": "see cli",
    "hembench.cli": "which command runs",
    "hembench.commands": "a front door, above all stages (the layer test)",
    "hembench.load": "a front door",
    "hembench.workflow": "a front door",
}
"""Modules, rooms (all modules in them) and definitions that are not followed, with the reason."""

LENT = {"hembench.core.errors": "an error ends a job: nothing is published under any message"}
"""The part of the boundary that followed code may use: nothing that is read there gets into a result."""

HIDDEN = {
    "builtins": "reaching built-ins by another name",
    "ctypes": "code that is no source of ours",
    "functools.singledispatch": "dispatch on hints (they are not part of the fingerprint)",
    "functools.singledispatchmethod": "dispatch on hints (they are not part of the fingerprint)",
    "gc.get_objects": "finding objects that no name leads to",
    "gc.get_referrers": "finding objects that no name leads to",
    "importlib": "a dynamic import",
    "inspect": "reading source, docstrings or hints (they are not part of the fingerprint)",
    "marshal": "code made from data",
    "pickle": "code made from data",
    "pkgutil": "a dynamic import",
    "pydantic.TypeAdapter": "acting on hints (they are not part of the fingerprint)",
    "pydantic.validate_call": "acting on hints (they are not part of the fingerprint)",
    "runpy": "a dynamic import",
    "sys._getframe": "access to a caller's names",
    "sys.modules": "access to modules by text",
    "torch.jit": "compiling source text, hints included",
    "torch.library.custom_op": "acting on hints (they are not part of the fingerprint)",
    "torch.utils.cpp_extension": "compiling source text",
    "typing.get_type_hints": "reading hints (they are not part of the fingerprint)",
}
"""Names of other packages behind which code can hide, with what they do: followed code may not use them."""

FILES = "reading a file (it is in no key)"
CHANCE = "another value at every run (it is in no key)"
UNKEYED = {
    **dict.fromkeys(
        ("os.environ", "os.environb", "os.getenv", "os.path.expanduser", "os.path.expandvars", "posix"),
        "reading the environment (it is in no key)",
    ),
    **dict.fromkeys(
        (
            "datetime",
            "time.time",
            "time.time_ns",
            "time.monotonic",
            "time.perf_counter",
            "time.localtime",
            "os.urandom",
            "random.random",
            "random.Random",
            "secrets",
            "uuid",
        ),
        CHANCE,
    ),
    **dict.fromkeys(("sys.argv", "sys.orig_argv", "sys.stdin"), "reading the command line (it is in no key)"),
    **dict.fromkeys(("os.getcwd", "pathlib.Path.cwd", "pathlib.Path.home"), "reading where it runs (in no key)"),
    **dict.fromkeys(("platform", "socket", "os.uname"), "reading on which machine it runs (in no key)"),
    **dict.fromkeys(("subprocess", "os.popen", "os.system"), "running another program (in no key)"),
    **dict.fromkeys(("urllib", "http", "requests", "torch.hub"), "reading from the network (in no key)"),
    **dict.fromkeys(("io.open", "io.FileIO", "os.open", "os.listdir", "os.scandir", "os.walk", "glob"), FILES),
    **dict.fromkeys(("bz2.open", "gzip.open", "lzma.open", "mmap", "shelve", "sqlite3"), FILES),
    **dict.fromkeys(("tarfile.open", "zipfile.ZipFile", "PIL.Image.open"), FILES),
    **dict.fromkeys(("codecs.open", "configparser", "fileinput", "linecache", "xml", "tomllib"), FILES),
    **dict.fromkeys(("os.path.exists", "os.path.getsize", "os.path.getmtime", "os.stat"), FILES),
    **dict.fromkeys(("torch.from_file", "torchvision.io", "matplotlib.pyplot.imread"), FILES),
    **{f"numpy.{name}": FILES for name in ("fromfile", "genfromtxt", "load", "loadtxt", "memmap")},
    **{
        f"pandas.read_{kind}": FILES
        for kind in ("csv", "excel", "feather", "fwf", "json", "parquet", "pickle", "table")
    },
    **dict.fromkeys(("torch.load", "safetensors.safe_open", "safetensors.torch.load_file"), FILES),
    **dict.fromkeys(("pyarrow.parquet.read_table", "joblib.load", "scipy.io"), FILES),
}
"""Names of other packages that read what is in no key, with what they do: followed code may not use them."""

HARMLESS = {
    "importlib.metadata": "reads versions",
    "inspect.Parameter": "see inspect.signature",
    "inspect.signature": "names, kinds and defaults of parameters are counted; reading their hints is refused",
    "urllib.parse": "text",
}
"""Exceptions to HIDDEN and UNKEYED for all code, with reasons."""

EXCUSED = {
    ("hembench.core.digest", FILES): "the sha256 of a file, to compare it with the one in a key",
    ("hembench.core.vision", "sys.modules"): "drops half-imported modules of torchvision, reads none",
    ("hembench.corruptions", FILES): "raw files of a published set: compared with the sha256 in its key",
    ("hembench.datasets", FILES): "raw files: compared with the sha256 in their key",
    ("hembench.store.content", FILES): "inputs: their keys are in the key; stages alone can reach this",
}
"""Exceptions for one module or room: the name or what it does, with reasons."""

READERS = {
    "hembench.core.digest.file_sha256": (
        "hembench.core",
        "hembench.corruptions",
        "hembench.datasets",
        "hembench.stages.prepare_encoder",
        "hembench.store",
    ),
    "hembench.corruptions": ("hembench.corruptions",),
    "hembench.datasets": ("hembench.corruptions", "hembench.datasets"),
    "hembench.store.content": ("hembench.sets", "hembench.stages", "hembench.store"),
}
"""Followed code that reads files, and who may use it: anybody else would read by it what is in no key."""
