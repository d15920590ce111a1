"""Chat templates as transformers renders them: jinja2, set up the same way."""
import copy
import datetime
import json

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox


class Generation(jinja2.ext.Extension):
    """{% generation %}: marks an assistant's words; renders them."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_words"), [], [], body).set_lineno(line)

    def _words(self, caller):
        return caller()


def _raise(message):
    raise jinja2.exceptions.TemplateError(message)


def _tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


ENVIRONMENT = jinja2.sandbox.ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
ENVIRONMENT.filters["tojson"] = _tojson
ENVIRONMENT.globals["raise_exception"] = _raise
ENVIRONMENT.globals["strftime_now"] = lambda form: datetime.datetime.now().strftime(form)


def render(source, context):
    """(output, None), or (None, what raise_exception said, or True for any other error)."""
    try:
        return ENVIRONMENT.from_string(source).render(**copy.deepcopy(context)), None
    except Exception as e:  # whatever Python raises is an error of the template
        return None, str(e) if type(e) is jinja2.exceptions.TemplateError else True
