"""What Salt makes of YAML, for record-yaml and fuzz-yaml; runs under the interpreter of an environment with Salt."""

import salt.exceptions
import salt.renderers.yaml
import salt.utils.yaml
import salt.utils.yamldumper
import yaml

salt.renderers.yaml.__opts__ = {}


def plain(value):
    """The value as Halite has it: without tuples, sets and ordered dictionaries."""
    if isinstance(value, dict):
        return {plain(key) if isinstance(key, (list, tuple)) else key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return dict.fromkeys(sorted(value, key=repr))
    return value


def place(error, text):
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return mark.line + 1
    if isinstance(error, yaml.reader.ReaderError):
        return text.encode()[:error.position].count(b"\n") + 1
    return 0


def read(text):
    """`{"repr"}` of the value, or `{"class", "message", "line"}` of the error; line 0 when Salt names none."""
    try:
        return {"repr": repr(plain(load(text)))}
    except salt.exceptions.SaltRenderError as error:
        return {"class": "SaltRenderError", "message": str(error), "line": place(error.__context__ or error, text)}
    except Exception as error:
        return {"class": type(error).__name__, "message": str(error), "line": place(error, text)}


def load(text):
    """The value that the renderer gives for data that is not empty; what is empty it would replace."""
    kept = []
    original = salt.renderers.yaml.yamlloader_new.load

    def keep(*args, **keywords):
        kept.append(original(*args, **keywords))
        return kept[0]

    salt.renderers.yaml.yamlloader_new.load = keep
    try:
        salt.renderers.yaml.render(text)
    finally:
        salt.renderers.yaml.yamlloader_new.load = original
    return kept[0]


def dump(value, options):
    return salt.utils.yaml.safe_dump(value, **options)


class FakeGPG:
    """Stands for the program: "decrypts" to the letters of the message in brackets; of one that holds BAD to nothing."""

    def __init__(self, *args, **keywords):
        pass

    def communicate(self, input):
        body = b"".join(line for line in input.split(b"\n") if not line.startswith(b"-----"))
        return (b"", b"no key\n") if b"BAD" in body else (b"<" + body + (b"\xff>" if b"BIN" in body else b">") + b"\n", b"")


def decrypt(case):
    """What the pipeline `yaml|gpg`, or `gpg` alone, makes of a text."""
    import logging

    import salt.renderers.gpg as gpg

    logging.getLogger("salt.renderers.gpg").disabled = True

    gpg.__opts__ = {"gpg_decrypt_must_succeed": case["mustSucceed"], "gpg_keydir": "/nowhere", "conf_file": "/nowhere/master"}
    gpg.__salt__ = {}
    gpg.Popen = FakeGPG
    gpg._get_gpg_exec = lambda: "gpg"
    try:
        return repr(plain(gpg.render(load(case["text"]) if case["data"] else case["text"])))
    except salt.exceptions.SaltRenderError as error:
        return {"class": "SaltRenderError", "message": str(error)}


def json_case(case):
    """What the renderer `json` makes of a text, or how a value is written."""
    import salt.renderers.json
    import salt.utils.json

    if isinstance(case, dict):
        return salt.utils.json.dumps(plain(load(case["text"])), **case["options"])
    try:
        return repr(salt.renderers.json.render(case))
    except ValueError as error:
        return {"class": type(error).__name__, "message": str(error), "line": error.lineno}
