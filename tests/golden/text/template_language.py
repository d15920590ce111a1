"""Templates that cover the language: each filter, test, method, operator and statement with many arguments.

`cases()` gives sources; they see CONTEXT.
"""

CONTEXT = {
    "n": 7, "neg": -3, "zero": 0, "f": 2.5, "big": 9007199254740993, "t": True, "no": False, "nil": None,
    "s": "Hello World", "e": "", "u": "Größe ÉCOLE ñandú 日本語 👍🏽 ß", "ws": " \t a b  c\n", "q": "it's \"q\" \\ <b>&\n",
    "multi": "one\ntwo\r\nthree\n\nfour", "digits": "42", "path": "a/b?c=d&é",
    "l": [3, 1, 2], "strs": ["b", "A", "c", "B"], "mixed": [1, "a", None, True, 2.5, [1, 2], {"k": "v"}], "el": [],
    "d": {"b": 2, "a": 1, "C": [1, 2], "items": "shadowed", "x y": None}, "ed": {},
    "people": [{"name": "Zoe", "age": 30, "tag": {"k": 1}}, {"name": "adam", "age": 25}, {"name": "Bob", "age": 30, "tag": {"k": 0}}],
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": [{"v": 4, "c": []}]}]}, {"v": 5, "c": []}],
}

VALUES = ["n", "neg", "zero", "f", "t", "no", "nil", "s", "e", "u", "ws", "q", "multi", "digits", "l", "strs", "mixed",
          "el", "d", "ed", "people", "nope", "range(3)", "(1,)", "(1, 'b')", "'x'|safe", "d.items()", "namespace(a=1)"]
SCALARS = ["n", "neg", "zero", "f", "t", "nil", "s", "e", "l", "d", "nope", "(1, 2)", "'5'"]

FILTERS = {
    "abs": [""], "attr": ["('a')", "('upper')", "(1)", ""], "batch": ["(2)", "(2, 'x')", "(0)", "(-1)", "('a')", ""],
    "capitalize": [""], "center": ["", "(20)", "(5)", "(width=12)", "('a')"], "count": [""], "length": [""],
    "default": ["", "('x')", "('x', true)", "(default_value=1, boolean=true)", "(1, 2, 3)"], "d": ["('y')"],
    "dictsort": ["", "(true)", "(false, 'value')", "(by='value', reverse=true)", "(by='z')"],
    "e": [""], "escape": [""], "forceescape": [""], "filesizeformat": ["", "(true)"], "first": [""], "last": [""],
    "float": ["", "(1.5)", "('x')"], "int": ["", "(9)", "(9, 16)", "(base=2)", "(default='q')"],
    "format": ["(1)", "(1, 2)", "", "(a=1)"],
    "groupby": ["('age')", "('name')", "('tag.k')", "('tag', default='z')", "(0)", ""],
    "indent": ["", "(2)", "(2, true)", "(2, true, true)", "('> ')", "(first=true, width=1)", "(0)"],
    "items": [""], "join": ["", "(', ')", "('|', attribute='name')", "(d=1)", "(1, 2, 3)"], "list": [""],
    "lower": [""], "upper": ["", "(1)"], "title": [""], "string": [""], "safe": [""], "striptags": [""],
    "map": ["('upper')", "('int')", "(attribute='name')", "(attribute='tag.k', default=0)", "('nofilter')", "",
            "('default', 'x')", "('length')", "(attribute=0)", "(foo='x')", "('replace', 'a', 'b')"],
    "max": ["", "(true)", "(attribute='age')", "(attribute='name')"], "min": ["", "(true)", "(attribute='age')"],
    "pprint": [], "reject": ["", "('none')", "('equalto', 1)", "('nope')"],
    "rejectattr": ["('age')", "('age', 'gt', 26)", "", "('tag')"], "select": ["", "('string')", "('gt', 1)", "('in', [1, 2])"],
    "selectattr": ["('tag')", "('age', 'equalto', 30)", "('name', 'defined')", "('tag.k', 'eq', 1)", "('tag', 'undefined')"],
    "replace": ["('o', '0')", "('', '-')", "('l', 'L', 1)", "('l', 'L', count=2)", "('l')", "(1, 2)", "('x', 'y', 0)"],
    "reverse": [""], "round": ["", "(1)", "(-1)", "(1, 'ceil')", "(0, 'floor')", "(method='up')", "(2, method='common')"],
    "slice": ["(2)", "(3, 'x')", "(0)", "('a')"], "sort": ["", "(true)", "(case_sensitive=true)", "(attribute='age')",
                                                          "(attribute='age,name')", "(reverse=true, attribute='name')", "(false, true)"],
    "sum": ["", "(attribute='age')", "(start=10)", "(start=[])", "('age', 1)"],
    "tojson": ["", "(indent=2)", "(indent='  ')", "(ensure_ascii=true)", "(separators=(',', ':'))", "(sort_keys=true)",
               "(indent=0)", "(true, 1)", "(indent=none)", "(indent=2, separators=('; ', ' = '))", "(separators=1)", "(nope=1)"],
    "trim": ["", "('H d')", "(none)", "(1)"], "truncate": ["(5)", "(5, true)", "(9, false, '..')", "(5, leeway=0)", "(2)", "(8, true, '', 0)"],
    "unique": ["", "(true)", "(attribute='age')"], "urlencode": [""], "wordcount": [""],
    "wordwrap": ["(5)", "(3, false)", "(6, true, '|')", "(0)"], "xmlattr": ["", "(false)"], "nofilter": [""],
}

TESTS = ["defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "number", "integer", "float", "boolean",
         "true", "false", "callable", "odd", "even", "divisibleby 2", "divisibleby(3)", "lower", "upper", "escaped", "sameas none",
         "sameas true", "in [1, 7, 's']", "in 'Hello World!'", "in d", "eq 7", "equalto('Hello World')", "== none", "ne 7", "!= 'x'",
         "lt 3", "lessthan 3", "gt 2", "greaterthan 'A'", "ge 7", "le 7.0", "filter", "test", "notest", "divisibleby 0"]

STRING_METHODS = {
    "capitalize": ["()"], "casefold": ["()"], "center": ["(20)", "(21, '*')", "(3)", "(9, 'ab')", "()"], "count": ["('l')", "('')", "('l', 3)", "('l', 0, 3)", "(1)"],
    "endswith": ["('d')", "(('x', 'd'))", "('lo', 0, 5)", "(['d'])", "('')"], "startswith": ["('He')", "(('x', 'He'))", "('W', 6)", "(1)", "('', 99)"],
    "expandtabs": ["()", "(4)", "(tabsize=2)"], "find": ["('o')", "('o', 5)", "('o', 5, 6)", "('zz')", "('')", "('', 99)", "('o', -3)"],
    "rfind": ["('o')", "('o', 0, 6)", "('')"], "index": ["('o')", "('zz')"], "rindex": ["('o')", "('zz')"],
    "format": ["()", "(1)"], "isalnum": ["()"], "isalpha": ["()"], "isascii": ["()"], "isdecimal": ["()"], "isdigit": ["()"], "isidentifier": ["()"],
    "islower": ["()"], "isnumeric": ["()"], "isprintable": ["()"], "isspace": ["()"], "istitle": ["()"], "isupper": ["()"], "join": ["(['1', '2'])", "('abc')", "([1])", "(d)", "()"],
    "ljust": ["(15)", "(15, '.')"], "rjust": ["(15)", "(15, 'é')"], "lower": ["()", "(1)"], "lstrip": ["()", "('H ')"], "rstrip": ["()", "('d\\n')"], "strip": ["()", "('dH')", "(none)", "('')"],
    "partition": ["(' ')", "('zz')", "('')", "('o')"], "rpartition": ["('o')", "('zz')"], "removeprefix": ["('He')", "('x')", "()"], "removesuffix": ["('ld')", "('')"],
    "replace": ["('o', '0')", "('', '.')", "('l', '', 2)", "('l')", "('l', 'L', count=1)", "('o', 1)"], "rsplit": ["()", "(' ', 1)", "(none, 1)", "('o')", "(maxsplit=1)"],
    "split": ["()", "(' ')", "('o', 1)", "(none, 1)", "('')", "(maxsplit=2)", "(sep='l')", "('\\n')", "(None, 0)", "(1)"], "splitlines": ["()", "(true)", "(keepends=true)"], "swapcase": ["()"], "title": ["()"], "upper": ["()"],
    "zfill": ["(15)", "(3)", "()"], "nomethod": ["()"], "__class__": [""], "append": ["(1)"],
}

OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]

FORMATS = ["%s", "%d", "%5d|", "%-5d|", "%05d", "%+d", "% d", "%x", "%#x", "%X", "%o", "%e", "%.2e", "%f", "%.1f", "%08.3f", "%g", "%G", "%c", "%r", "%a", "%10s|", "%-10s|",
           "%.2s", "%i", "%u", "%%", "%5%", "%z", "%", "%s %s", "%(a)s", "%*d", "%.3d", "%#o", "%.0f", "%#.0f", "%ld"]
SPECS = ["", "d", "5", "<5", ">5", "^5", "*^7", "05", "+", " ", "x", "#x", "b", "#b", "o", "c", "e", ".2f", ".0f", "8.3f", "08.2f", ",", ",.2f", "_", "_x", "%", ".1%", "g", ".3g",
         "G", "n", "s", "10s", ".2s", ">10.3s", "=5", "é>6", ".3", "z", "10", "<10d|", "-", "012,", "#.3g", "E", "F", "?"]

EXPRESSIONS = r"""
1 + 2 * 3 - 4 / 2|2 ** 3 ** 2|-2 ** 2|2 ** -1|7 // -2|-7 % 3|7.5 // 2|-7.5 % 2|1e3|1.5e-7|1e16|123456789.123|0.1 + 0.2|1/3|1e308 * 10|-0.0|5 % 0|1 // 0|0 ** 0|0.0 ** -1|(-8) ** 0.5
1_000|0x1F|0b101|0o17|1_0.5_0|9223372036854775807|9223372036854775807 + 1|10 ** 18|10 ** 19|2 ** 62|-9223372036854775807 - 1|big + 0.0|big == big + 0.0|9007199254740993 < 9007199254740992.0
true + 1|true and 5|0 or 'x'|none or false|not 0|not not 'a'|not 'a' in 'abc'|1 if n else 2|1 if zero|1 if zero else 2 if t else 3|nope|nope.x|nope['x']|nope[0]|nope()|nope + 1|1 + nope|nope ~ 'a'|nope == nope|nope == none|nope < 1|-nope|nope in l|1 in nope|nope|length
1 < 2 < 3|1 < 3 < 2|1 == 1.0 == true|'a' < 'b'|'a' < 1|[1, 2] < [1, 3]|(1, 2) < (1, 2, 0)|[1] == (1,)|{'a': 1} == {'a': 1.0}|none < 1|none == none|[] == []|[1, [2]] == [1, [2]]|l == [3, 1, 2]|d < d
l[0]|l[-1]|l[3]|l[-4]|l['0']|l.0|l[1.0]|l[true]|s[0]|s[-1]|s[99]|u[1]|u[-1]|u[6:10]|d['a']|d.a|d.b|d['zz']|d.zz|d.zz.y|d.items|d['items']|d['x y']|d[nil]|d[[]]|n.x|n[0]|nil.x|nil[0]|s.x|l.x|d.C[1]|people[0].name|people[0]['tag'].k|people[1].tag.k|people.0.name
l[1:]|l[:1]|l[:]|l[::-1]|l[::2]|l[5:]|l[-2:]|l[:-1]|l[2:0:-1]|l[::0]|s[1:4]|s[::-1]|s[::3]|u[::-1]|u[:3]|u[-3:]|l[none:2]|l['a':]|n[1:]|nope[1:]|d[1:]|(1, 2, 3)[1:]|range(10)[2:5]|range(10)[::3]|range(5)[1]|range(5)[9]|l[1:2, 0]|s[5:2]|s[-100:3]|l[100:200]|s[0:9223372036854775807]
[1, 2] + [3]|(1,) + (2,)|[1] + (2,)|'a' + 'b'|'a' + 1|1 + 'a'|'a' * 3|3 * 'ab'|[1] * 2|'a' * -1|'a' * 1.5|[1, 2] * 0|s ~ n ~ nil ~ f ~ t ~ l|1 ~ 2|'a' ~ 'b' ~ 1.0|'a' 'b' "c"|[1, 2] - [1]|{} + {}|-'a'|+5|-true|--5|- -5|+-5
{'a': 1, 'b': [1, {'c': none}]}|{1: 2, 1.0: 3, true: 4}|{'a': 1}.a|{'a': 1}['a']|{[]: 1}|{(1, 2): 3}|{'a': 1, 'a': 2}|{}|[]|()|(1,)|(1)|(1, 2,)|[1, 2,]|[[1, [2]], 'x']|{'q': "it's"}|["it's", 'a"b', 'both\'"', '\n\t\\', '\x00\x7f\u00e9\u200b']|[1.0, 1e100, -0.0, 1e-5]|[nope]|[none, true]|['é', '👍', '\ud83d']
'\n\t\\\'\"'|'\x41\u0042\101\0'|'\q'|"a'b"|'a"b'|'\
x'|'é'|'a
b'|'\N{BULLET}'|'\x4'|'\u12'
range(3)|range(1, 3)|range(5, 0, -2)|range(0)|range(3)|list|range(1, 2, 0)|range('a')|range()|range(1, 2, 3, 4)|range(100001)|range(3)|length|3 in range(5)|range(3) == range(3)|range(2.0)|range(n)|list|range(3)|string|range(3)|last|range(3)|reverse|list|range(3).start
dict(a=1)|dict({'a': 1}, b=2)|dict([('a', 1)])|dict()|dict(1)|dict([1])|namespace(a=1)|namespace(a=1).a|namespace({'x': 1}).x|namespace().y|namespace(a=1)['a']|namespace(b=1, a=namespace(c='x'))|lipsum is callable|joiner() is callable|cycler('a', 'b').next()|cycler()|cycler(1).current|range is callable|dict is defined
d.get('a')|d.get('z')|d.get('z', 1)|d.get('z', default=1)|d.get()|d.get([])|d.items()|d.keys()|d.values()|d.items()|list|d.keys()|list|d.values()|list|d.items()|first|d.copy()|d.update({'a': 1})|d.pop('a')|d.setdefault('a', 2)|d.clear()|d.fromkeys|'a' in d.keys()|1 in d.values()|('a', 1) in d.items()|d.keys()|length|d.items()|length|d.keys()[0]|ed.items()|list|d.items() is iterable|d.items() is sequence|d.nomethod()|d|length|d|list|d|join(',')|'items' in d|d.keys() == d.keys()|d.values()|sum
l.index(1)|l.index(9)|l.count(1)|l.append(4)|l.pop()|l.sort()|l.reverse()|l.copy()|l.extend([1])|l.insert(0, 1)|l.remove(1)|l.clear()|l.append is defined|(1, 2, 1).count(1)|(1, 2).index(2)|l.index(1, 2)|n.bit_length()|f.is_integer()|(2.0).is_integer()|n.real|f.imag|t.real|n.numerator|n.bit_count()|l.__len__()|s.__class__|s.__len__|n.__add__(1)|''.__class__.__mro__|s['__class__']|d.__class__ is defined|s.format_map({'a': 1})
'{} {}'.format(1, 'a')|'{0} {1} {0}'.format(1, 'a')|'{a}'.format(a=1)|'{}'.format()|'{a.b}'.format(a={'b': 1})|'{0[k]}'.format({'k': 'v'})|'{0[1]}'.format([1, 2])|'{{}}'.format()|'{'.format()|'}'.format()|'{} {0}'.format(1)|'{!r}'.format('a')|'{!s}'.format(1)|'{!a}'.format('é')|'{:>{}}'.format('a', 5)|'{:{w}.{p}f}'.format(2.5, w=8, p=2)|'{0.__class__}'.format(1)|'{:d}'.format('a')|'{!z}'.format(1)|'{}'.format(none)|'{}'.format([1, 'a'])|'{:5}|{:5}'.format(1, 'a')|'{:x}'.format(255)|'{:s}'.format(1)|'{}{}'.format(1)
'a%sb' % 1|'%s %s' % (1, 2)|'%s' % (1, 2)|'%s' % [1, 2]|'%(a)s %(b)d' % {'a': 'x', 'b': 2}|'%(z)s' % {'a': 1}|'x' % 1|'x' % []|'x' % {}|'x' % ()|'%s' % nope|'%d' % 'a'|'%d' % 2.7|'%x' % 2.7|'%s%%' % 5|'%c' % 65|'%c' % 'é'|'%5.1f|%-8s|' % (3.14159, 'ab')|'%s' % none|'%r' % 'a\'b'|'%s' % {'a': 1}|'%*d' % (5, 3)|'%.3s' % 'éàüö'
'<b>'|e|'<b>'|e|e|'<b>'|safe ~ '<i>'|'<b>'|safe + '<i>'|'<i>' + '<b>'|safe|['<b>'|safe]|'<b>'|safe|upper|('<b>'|e).replace('&', 'x')|'%s'|safe % '<a>'|'{}'|safe|string|('a'|safe) == 'a'|('<'|safe) ~ 1 ~ none|('<'|e)|length|('a,b'|safe).split(',')|('<'|safe)|tojson|('<'|safe)|list|('-'|safe).join(['<', 'a'])|('ab'|safe)[0]|('ab'|safe)[::-1]|('<'|safe)|trim|('<'|safe) is string|('<b>'|safe)|lower|e
s|upper|lower|title|s | replace("l", "L") | length|(s ~ '!')|upper|s ~ '!'|upper|-1|abs|(-1)|abs|-5|string|l|sort|first|l|sort|reverse|list|l|map('string')|join('-')|people|map(attribute='name')|sort|join(', ')|people|selectattr('age', 'gt', 26)|map(attribute='name')|list|people|groupby('age')|map('first')|list|people|groupby('age')|map(attribute='list')|map('length')|list|(people|groupby('age'))[0].grouper|l|map('upper')|list|l|batch(2)|map('join', '+')|join('/')|l|select('odd')|list|mixed|select('string')|list|mixed|reject('none')|map('string')|list|d|dictsort|map('first')|list|d|items|list|none|items|s|items|l|list is sequence|l|map('string') is sequence|l|select is iterable|(l|map('string'))|length|s|list|join('|')|'%s, %s'|format('a', 'b')|'%(a)s'|format(a=1)|'abc'|first|'abc'|last|'abc'|reverse|''|first|[]|first|[]|last|[]|max|[]|min|[]|sum|l|sum + 1|strs|sort|strs|sort(case_sensitive=true)|strs|unique|list|strs|min|strs|max|mixed|sort|mixed|unique|list|l|random|lipsum()|'x'|urlize|none|list|none|map('upper')|list|0|map('upper')|list|none|join|n|join
""".strip("\n")

STATEMENTS = r"""
{% if n > 5 %}a{% elif n %}b{% else %}c{% endif %}
{% if nope %}a{% else %}b{% endif %}
{% if not nope %}a{% endif %}x
{% if 1 %}
  a
{% endif %}
b
{% for x in l %}{{ x }}{% endfor %}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }};{% endfor %}
{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}
{% for x in l %}{{ loop.previtem is defined }}{{ loop.nextitem.x }}{% endfor %}
{% for x in [] %}a{% else %}none{% endfor %}
{% for x in nope %}a{% else %}none{% endfor %}
{% for x in none %}a{% endfor %}
{% for x in 5 %}a{% endfor %}
{% for c in s %}{{ c }}.{% endfor %}
{% for c in u %}{{ c }}.{% endfor %}
{% for k in d %}{{ k }},{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}
{% for k, v in d|items %}{{ loop.index }}{{ k }}={{ v }};{% endfor %}
{% for k, v in l %}{{ k }}{% endfor %}
{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in ['xy', 'zw'] %}{{ b }}{{ a }}{% endfor %}
{% for x in l if x > 1 %}{{ x }}:{{ loop.length }} {% else %}e{% endfor %}
{% for x in l if x > 9 %}{{ x }}{% else %}e{% endfor %}
{% for x in l if loop.index > 1 %}{{ x }}{% endfor %}
{% for x in l if nope.y %}{{ x }}{% endfor %}
{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}
{% for x in l %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% else %}e{% endfor %}
{% for x in l %}{% for y in l %}{% if y == 1 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}
{% for x in l %}{% set z %}{% if x == 1 %}{% break %}{% endif %}a{% endset %}{{ z }}{% endfor %}
{% break %}
{% for x in l %}{% else %}{% break %}{% endfor %}
{% for x in tree recursive %}[{{ x.v }}{{ loop(x.c) }}]{% endfor %}
{% for x in tree recursive %}{{ loop.depth }}{{ x.v }}{% if x.c %}({{ loop(x.c) }}){% endif %}{% endfor %}
{% for x in l %}{{ loop(l) }}{% endfor %}
{% for x in l %}{{ loop.cycle('a', 'b') }}{% endfor %}
{% for x in [1, 1, 2, 2, 1] %}{{ loop.changed(x) }} {% endfor %}
{% for x in l %}{{ loop }}{% endfor %}
{% for x in l %}{% for y in [1] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}
{% for x in l %}{% set o = loop %}{% for y in [1, 2] %}{{ o.index }}.{{ loop.index }} {% endfor %}{% endfor %}
{{ loop }}{% for loop in l %}{% endfor %}
{% set x = 5 %}{% for x in l %}{{ x }}{% endfor %}{{ x }}
{% set x = 5 %}{% for y in l %}{% set x = y %}{{ x }}{% endfor %}{{ x }}
{% for y in l %}{{ z }}{% set z = y %}{{ z }}{% endfor %}{{ z }}
{% for y in l %}{% if y == 3 %}{% set w = 1 %}{% endif %}{{ w }}{% endfor %}
{% if t %}{% set x = 1 %}{% endif %}{{ x }}
{% set x = 1 %}{% if t %}{% set x = x + 1 %}{% endif %}{{ x }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}
{% set a, b = 1 %}
{% set a, b = l %}
{% set (a, b) = 'xy' %}{{ b }}{{ a }}
{% set a = 1, 2 %}{{ a }}
{% set a = %}
{% set none = 1 %}
{% set x.y = 1 %}
{% set ns = namespace(x=1) %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}
{% set ns = namespace() %}{% set ns.a = [] %}{% set ns.a = ns.a + [1] %}{{ ns.a }}{{ ns.b }}{{ ns }}
{% set ns = namespace(a=1) %}{% set ns.a, q = 5, 6 %}{{ ns.a }}{{ q }}
{% set d.a = 1 %}
{% set ns['a'] = 1 %}
{% set x %}a{{ n }}{% endset %}[{{ x }}]
{% set x | upper %}a{{ s }}{% endset %}[{{ x }}]
{% set x | replace('a', 'b') | upper %}a{% endset %}{{ x }}
{% set x %}{% set y = 1 %}{% endset %}{{ y }}{{ x|length }}
{% filter upper %}a{{ s }}{% endfilter %}
{% filter replace('l', 'L')|trim %} {{ s }} {% endfilter %}
{% filter nofilter %}a{% endfilter %}
{% with %}{% set x = 1 %}{{ x }}{% endwith %}{{ x }}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}
{% with a = n, b = a %}{{ a }}{{ b }}{% endwith %}
{% with a, b = (1, 2) %}{{ b }}{% endwith %}
{% with a %}{% endwith %}
{% macro m() %}x{% endmacro %}{{ m() }}{{ m() | upper }}
{% macro m(a, b=2, c='z') %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c=4) }}{{ m(b=1, a=2) }}{{ m() }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
{% macro m(a) %}{{ a.x }}{% endmacro %}{{ m() }}
{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, 2) }}
{% macro m(a=1, b) %}{% endmacro %}
{% macro m(a,) %}{% endmacro %}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}{{ m() }}
{% macro m(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ m(1, 2) }}{{ m(1, x=3) }}
{% macro m(a) %}{{ kwargs.x }}{% endmacro %}{{ m(1, x=3) }}{{ m(1, 2) }}
{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}in{% endcall %}
{% macro m() %}[{{ caller(1, 2) }}]{% endmacro %}{% call(a, b) m() %}{{ a }}-{{ b }}{% endcall %}
{% macro m() %}[{{ caller() }}]{% endmacro %}{{ m() }}
{% macro m() %}x{% endmacro %}{% call m() %}in{% endcall %}
{% macro m() %}[{% if caller %}{{ caller() }}{% endif %}]{% endmacro %}{{ m() }}
{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}{% call m() %}{% endcall %}
{% macro m(x) %}{{ caller(x) }}{% endmacro %}{% for i in l %}{% call(v) m(i) %}{{ v }}{{ i }},{% endcall %}{% endfor %}
{% macro a() %}A{{ caller() }}{% endmacro %}{% macro b() %}B{{ caller() }}{% endmacro %}{% call a() %}{% call b() %}x{% endcall %}{% endcall %}
{% macro a() %}A{{ caller() }}{% endmacro %}{% macro b() %}{% call a() %}{{ caller() }}{% endcall %}{% endmacro %}{% call b() %}x{% endcall %}
{% call s %}{% endcall %}
{% call s.upper() %}{% endcall %}
{% macro f(n) %}{% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}
{% macro m() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ m() }}{% set x = 2 %}{{ m() }}
{% macro m() %}{% set x = 9 %}{{ x }}{% endmacro %}{% set x = 1 %}{{ m() }}{{ x }}
{% macro m() %}{{ n }}{{ i }}{% endmacro %}{% for i in l %}{{ m() }}{% endfor %}
{% for i in l %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}{{ m }}
{% if t %}{% macro m() %}in{% endmacro %}{% endif %}{{ m() }}
{{ m() }}{% macro m() %}x{% endmacro %}
{% macro m(a, b) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.caller }}{{ m is callable }}{{ m }}
{% macro m(l) %}{% for x in l %}{{ x }}{{ loop.index }}{% endfor %}{% endmacro %}{% for y in l %}{{ m([y]) }}{{ loop.index }}{% endfor %}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(*[1]) }}{{ m(**{'a': 2}) }}{{ m(*[1, 2]) }}
{{ range(*[1, 3])|list }}{{ dict(**{'a': 1}) }}{{ 'abc'.replace(*['a', 'b']) }}
{% macro m() %}{{ kwargs }}{% endmacro %}{{ m(**{'a': 1}) }}{{ m(a=1, **{'b': 2}) }}{{ m(a=1, **{'a': 2}) }}
{% raw %}{{ x }}{% if %}{% endraw %}
a {%- raw -%} {{ x }} {%- endraw -%} b
  {% raw %}
 x
  {% endraw %}
y
{% raw %}
{# a comment #}x
a{# {{ x }} {% if %} #}b
  {# c #}
x
a {#- c -#} b
a{#+ c +#} b
{# unclosed
{% generation %}a{{ n }}{% set g = 1 %}{% endgeneration %}{{ g }}
{% block a %}x{{ n }}{% endblock %}{% block b %}{% endblock b %}
{% block a %}{% endblock %}{% block a %}{% endblock %}
{% for x in l %}{% block c %}{{ x }}{% endblock %}{% endfor %}
{% for x in l %}{% block c scoped %}{{ x }}{% endblock %}{% endfor %}
{% print n, s %}{% print n %}
{% include 'x' %}
{% if no %}{% include 'x' %}{% endif %}a
{% import 'x' as y %}
{% from 'x' import y %}
{% extends 'x' %}
{% do l %}
{% frob %}
{% endif %}
{% if 1 %}
{% for x in l %}
{% if 1 %}{% endfor %}
{{ }}
{{ 1 2 }}
{{ 1 + }}
{{ (1 }}
{{ [1 }}
{{ 1) }}
{{ 'a }}
{{ a..b }}
{{ a.'b' }}
{{ 1 is }}
{{ 1 if }}
{{ |upper }}
{{ x | }}
{{ 1 == }}
{{ $ }}
{{ a!b }}
{{ a; b }}
{{ {1} }}
{{ {1: } }}
{{ f(a=1, 2) }}
{{ f(**d, *l) }}
{% if %}{% endif %}
{% if n: %}a{% else: %}b{% endif %}
{% for %}{% endfor %}
{% for x %}{% endfor %}
{% for x in %}{% endfor %}
{% for 1 in l %}{% endfor %}
{% for x.y in l %}{% endfor %}
{% set %}
{% set 1 = 2 %}
{% macro %}{% endmacro %}
{% macro 1() %}{% endmacro %}
{% else %}
{% endset %}
{{ x is not not none }}
{{ x is defined is true }}
{{ 1 is number and 2 is number }}{{ not 1 is string }}{{ 1 is not string }}{{ x is not defined or x }}
{{ 'a' if x is not defined else 'b' }}{{ x is defined and x is none }}
{{ n is divisibleby 7 and t }}{{ 'a' is in 'abc' }}{{ 'a' is in ['a'] }}{{ 3 is not in l }}
{{ n is eq 7 if t else 2 }}
a{{ n }}b{{- n -}} c {{ n -}} d
  {{ n }}
x
  {%- if t %}  a  {%- endif %}  b
x
  {%- if t -%}
  a
  {%- endif -%}
  b
x
  {%+ if t %} a {%+ endif %}
  b
x
  {% if t +%}
  a
  {% endif +%}
  b
x  {% if t %}  y
  {%- else %}z{% endif %}
{% if t %}

a
{% endif %}

b
{% for x in l -%}
  {{ x }}
{%- endfor %}
{% for x in l %}
  {{ x }},
{% endfor %}
end
{% for x in l %}{{ x }}
{% endfor %}
{{- '\n' }}a{{ '\n' -}}
   {{- n -}}   {{+ n }}
a
{%- set x = 1 %}

{{- x }}
{% set x = 1 %}{# c #}
	{% if t %}tab{% endif %}
a{% if t %}
b{% endif %}
c
 {% if t %}é{% endif %} 
{{ n }}
{{ s }}

{{ '{{' }}{{ '%}' }}{{ "{% x %}" }}
{ { n } } {n} { % x % } }} %} #}
{{n}}{{n|abs}}{%if n%}a{%endif%}{%for x in l%}{{x}}{%endfor%}
{{ {'a': {'b': 1}}.a.b }}{{ {'a': 1}['a'] }}{{ [{'a': 1}][0].a }}
{% set c = cycler('a', 'b', 'c') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.next() }}{{ c.reset() }}{{ c.next() }}
{% set j = joiner(', ') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}
{% set g = l|map('string') %}{{ g|list }}{{ g|list }}
{% set g = l|map('string') %}{{ g|first }}{{ g|first }}{{ g|join }}
{% set g = l|select %}{% for x in g %}{{ x }}{{ loop.last }}{% endfor %}{% for x in g %}x{% endfor %}
{% set g = mixed|map('upper') %}a{{ g|first }}
{% set g = mixed|map('abs') %}a
{% set g = mixed|map('abs') %}{{ g|list }}
{{ raise_exception('stop: ' ~ s) }}
{% if no %}{{ raise_exception('x') }}{% endif %}fine
{{ raise_exception() }}
{{ raise_exception(1) }}
{{ strftime_now('%%') }}{{ strftime_now('plain') }}{{ strftime_now() }}
{% set l = l + [4] %}{{ l }}{% for x in [1] %}{% set l = l + [5] %}{{ l }}{% endfor %}{{ l }}
{% for x in l %}{{ x if not loop.last else 'end' }}{{ ', ' if not loop.last }}{% endfor %}
{% for m in people if m.tag is defined %}{{ m.name }}{{ loop.index }}{% endfor %}
{% if no %}{{ 1|nofilter }}{% endif %}ok
{% if no %}{{ 1 is notest }}{% endif %}ok
{{ 1|nofilter if no else 2 }}
{% for x in [] %}{{ x|nofilter }}{% endfor %}
{% if no %}{% for x in [] %}{{ x|nofilter }}{% endfor %}{% endif %}
{% autoescape false %}{{ q }}{% endautoescape %}
{{ true }}{{ True }}{{ false }}{{ False }}{{ none }}{{ None }}{{ nil }}
{{ l is l }}
{{ caller }}{{ varargs }}{{ kwargs }}
{{ self }}
{% set 日本 = 1 %}{{ 日本 }}
{{ a.b.c }}
{{ d.zz.y is defined }}
{{ d.zz is defined }}{{ d.a is defined }}{{ nope.a is defined }}
{{ (nope|default({})).a }}{{ nope|default('x') }}{{ d.zz|default('y') }}{{ d.zz.y|default('z') }}
{% if messages %}{% endif %}{% if tools is defined and tools is not none %}a{% endif %}{% if not tools %}b{% endif %}
{%- for k in d.keys() | sort %}{{ k }}{% endfor %}
{% for k, v in d | dictsort %}{{ k }}:{{ v }} {% endfor %}
{% for a in people | sort(attribute='age') %}{{ a.name }}{% endfor %}
{% for g in people | groupby('age') %}{{ g.grouper }}{% for p in g.list %}{{ p.name }}{% endfor %}{% endfor %}
{% for g, items in people | groupby('age') %}{{ g }}{{ items|length }}{% endfor %}
{% for row in l | batch(2, 0) %}{{ row }}{% endfor %}{% for col in l | slice(2) %}{{ col }}{% endfor %}
""".strip("\n")


def _statements():
    """The lines of STATEMENTS; one that ends in the middle of a template goes on in the next."""
    pending = []
    for line in STATEMENTS.split("\n"):
        pending.append(line)
        yield line
    for i in range(len(pending)):
        yield "\n".join(pending[i:i + 3])
        yield "\n".join(pending[i:i + 6])


def cases():
    for name, all_arguments in FILTERS.items():
        for arguments in all_arguments:
            for value in VALUES:
                show = "|list" if name in ("map", "select", "reject", "selectattr", "rejectattr", "unique", "batch", "slice", "items", "reverse") else ""
                yield "{{ (%s)|%s%s%s }}" % (value, name, arguments, show)
    for test in TESTS:
        for value in VALUES:
            yield "{{ (%s) is %s }}" % (value, test)
    for name, all_arguments in STRING_METHODS.items():
        for arguments in all_arguments:
            for value in ["s", "e", "u", "ws", "multi", "digits", "'ΑΣ ǆ ŉ ﬁ'", "'x1_é'", "l"]:
                yield "{{ (%s).%s%s }}" % (value, name, arguments)
    for operator in OPERATORS:
        for left in SCALARS:
            for right in SCALARS:
                yield "{{ (%s) %s (%s) }}" % (left, operator, right)
    for form in FORMATS:
        for value in ["n", "neg", "f", "s", "u", "nil", "t", "(7, 8)", "{'a': 5}", "1e20", "-0.0", "(5, 3)"]:
            yield "{{ '%s' %% (%s) }}" % (form, value)
    for spec in SPECS:
        for value in ["n", "neg", "f", "s", "u", "nil", "t", "1234567", "1234567.891", "0.00001", "-0.0"]:
            yield "{{ '{:%s}'.format(%s) }}" % (spec, value)
    for line in EXPRESSIONS.split("\n"):
        pieces = line.split("|")
        for i in range(len(pieces)):
            for n in (1, 2, 3, 4):
                if i + n <= len(pieces):
                    yield "{{ " + "|".join(pieces[i:i + n]) + " }}"
    yield from _statements()
