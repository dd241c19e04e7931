"""A report on a parsed mail as one page that needs nothing else and escapes all that a mail says."""

from jinja2 import Environment

from postroom.cli.parsereport import Report

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>How Postroom reads this mail</title>
<style>
:root { color-scheme: light dark; --quiet: #6b7280; --line: #d1d5db; }
@media (prefers-color-scheme: dark) { :root { --quiet: #9ca3af; --line: #374151; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0; }
tr { border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 500; white-space: nowrap; }
td { overflow-wrap: anywhere; }
pre, .lines td { font: 13px/1.5 ui-monospace, monospace; }
.lines td:not(:last-child) { white-space: nowrap; color: var(--quiet); }
.lines td:last-child { white-space: pre-wrap; min-width: 20rem; }
.quoted td:last-child, .signature td:last-child { color: var(--quiet); }
.signature td:last-child { font-style: italic; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
pre { border-left: 3px solid var(--line); padding-left: 1rem; }
</style>
</head>
<body>
<h1>How Postroom reads this mail</h1>
{% macro table(section, kind) %}
<h2>{{ section.title }}</h2>
<div class="wide"><table class="{{ kind }}">
{% if section.heads %}<thead><tr>
{%- for head in section.heads %}<th scope="col">{{ head }}</th>{% endfor %}</tr></thead>{% endif %}
<tbody>
{% for row in section.rows %}<tr{% if kind == "lines" %} class="{{ row[4] }}"{% endif %}>
{%- for cell in row %}{% if not section.heads and loop.first %}<th scope="row">{{ cell }}</th>
{%- else %}<td>{{ cell }}</td>{% endif %}{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% if section.below %}<p>{{ section.below }}</p>{% endif %}
{% endmacro %}
{% for section in report.sections %}{{ table(section, "facts") }}{% endfor %}
{% for title, words in report.texts %}<h2>{{ title }}</h2>
<pre>
{{ words }}</pre>
{% endfor %}
{% for section in report.lines %}{{ table(section, "lines") }}{% endfor %}
</body>
</html>
"""


def page_of(report: Report) -> str:
    return Environment(autoescape=True).from_string(PAGE).render(report=report)
