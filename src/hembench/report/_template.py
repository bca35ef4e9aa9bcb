"""The page of a report as a jinja2 template; every value is escaped but those that page.py marks as html."""

from __future__ import annotations

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{ content.title }}</title>
<link rel="icon" href="data:,">
<style>{{ sheet }}</style>
</head>
<body>
<a class="skip" href="#results">Skip to the results</a>
<header class="top">
<p class="eyebrow">hembench report &middot; study <code>{{ content.study }}</code></p>
<h1>{{ content.title }}</h1>
{% if content.description %}<p class="lead">{{ content.description }}</p>{% endif %}
<p>The question: trained the same way from the same random start, what does each loss give on clean images, on
corrupted ones, at telling unknown classes apart, and under attack?</p>
<dl class="facts">
{% for name, value in facts %}<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>
{% endfor %}</dl>
{% if content.notes %}
<section class="notes" aria-labelledby="read-first">
<h2 id="read-first">Read this first</h2>
<ul>
{% for note in content.notes %}<li>{{ note }}</li>
{% endfor %}</ul>
</section>
{% endif %}
<nav aria-label="Contents"><ul>
{% for anchor, words in contents %}<li><a href="#{{ anchor }}">{{ words }}</a></li>
{% endfor %}</ul></nav>
</header>
<main>

{% macro swatch(label) %}<span class="swatch" style="background:{{ colours[label] }}"></span>{% endmacro %}

{% macro heads(block) %}
{% for level in block.header %}
<tr>
{% if loop.first %}{% for name in block.corner %}
<th scope="col" rowspan="{{ block.header|length }}">{{ name }}</th>
{% endfor %}{% endif %}
{% for head in level %}<th{% if head.span > 1 %} scope="colgroup" colspan="{{ head.span }}" class="group"
{%- else %} scope="col" class="number"{% endif %}>{{ head.text|replace("-", "‑") }}
{%- if head.arrow %}&nbsp;<span aria-hidden="true">{{ head.arrow }}</span>
{%- endif %}{% if head.arrow %}<span class="hidden">({{ head.better }} is better)</span>{% endif %}
{%- if head.images %}<br><span class="under">{{ head.images }} images</span>{% endif %}</th>
{% endfor %}
</tr>
{% endfor %}
{% endmacro %}

{% macro block_table(table, block, folded) %}
<div class="scroll" role="region" tabindex="0" aria-label="{{ table.title }}: {{ block.condition }}">
<table class="numbers">
<caption>{% if not folded %}<b>{{ block.condition }}</b> {% endif %}
<span class="under">{{ block.words }}</span></caption>
<thead>{{ heads(block) }}</thead>
<tbody>
{% for row in block.rows %}
<tr>
{% for head in row.heads %}<th scope="{{ 'rowgroup' if head.span > 1 else 'row' }}"
{%- if head.span > 1 %} rowspan="{{ head.span }}"{% endif %}>
{%- if loop.last and row.variant in colours %}{{ swatch(row.variant) }}{% endif %}{{ head.text }}</th>{% endfor %}

{% for cell in row.cells %}<td{% if cell.best %} class="best"{% endif %}>{{ cell.mean }}
{%- if cell.spread %}<span class="spread">{{ cell.spread }}</span>{% endif %}</td>{% endfor %}

</tr>
{% endfor %}
</tbody>
</table>
</div>
{% endmacro %}

{% macro whole(table, folded) %}
<p class="caption">{{ table.caption }}{% if table.show == "sd" %} Bold: the best mean of its column, which is no
test of significance.{% endif %}

<a href="{{ table.csv }}" download>csv<span class="hidden"> of {{ table.title }}</span></a></p>
{% for block in grids[table.name] %}
{% if folded %}<details{% if loop.first %} open{% endif %}><summary>{{ block.condition }}</summary>{% endif %}
{{ block_table(table, block, folded) }}
{% if folded %}</details>{% endif %}
{% else %}<p>Nothing was measured that this table shows.</p>
{% endfor %}
{% endmacro %}

{% if headline %}
<section aria-labelledby="results">
<h2 id="results">{{ headline.title }}</h2>
{{ whole(headline, false) }}
</section>
{% endif %}

{{ claims }}

<section aria-labelledby="losses">
<h2 id="losses">The losses</h2>
<div class="scroll" role="region" tabindex="0" aria-label="The losses"><table>
<thead><tr><th scope="col">label</th><th scope="col">loss</th><th scope="col">options</th></tr></thead>
<tbody>
{% for variant in content.variants %}
<tr><th scope="row">{{ swatch(variant.label) }}{{ variant.label }}</th>
<td><code>{{ variant.loss }}</code></td><td>{{ variant.options or "none" }}</td></tr>
{% endfor %}
</tbody></table></div>
</section>

{% if content.figures %}
<section aria-labelledby="figures">
<h2 id="figures">Figures</h2>
{% for figure in content.figures %}
<figure id="figure-{{ figure.name }}">
<h3>{{ figure.title }}</h3>
<div class="wide">{{ svgs[figure.name][0] }}</div>
<div class="narrow">{{ svgs[figure.name][1] }}</div>
<figcaption class="caption">{{ figure.caption }}
<a href="{{ figure.csv }}" download>csv<span class="hidden"> of {{ figure.title }}</span></a></figcaption>
</figure>
{% endfor %}
</section>
{% endif %}

{% if others %}
<section aria-labelledby="tables">
<h2 id="tables">Tables</h2>
{% for table in others %}
<h3 id="table-{{ table.name }}">{{ table.title }}</h3>
{{ whole(table, true) }}
{% endfor %}
</section>
{% endif %}

<section aria-labelledby="behind">
<h2 id="behind">What stands behind the numbers</h2>
<p>An interval over seeds says how far the mean would move with other random starts and orders of the same images.
It says nothing about other data, other networks or other settings.</p>
<div class="scroll" role="region" tabindex="0" aria-label="What stands behind the numbers"><table>
<thead><tr><th scope="col">condition</th><th scope="col">data-set</th><th scope="col">network</th>
<th scope="col">recipe</th><th scope="col">losses</th><th scope="col">seeds</th>
<th scope="col">clean test images</th><th scope="col">also evaluated</th></tr></thead>
<tbody>
{% for one in content.measured %}
<tr><th scope="row">{{ one.condition }}</th><td>{{ one.dataset }}</td><td>{{ one.network }}</td>
<td>{{ one.recipe }}</td><td>{{ one.variants|join(", ") }}</td>
<td>{{ one.seeds|length }} ({{ one.seeds|join(", ") }})</td>
<td>{{ "{:,}".format(one.test_images) }}, {{ completeness[one.complete] }}</td>
<td>{{ one.sets|join("; ") or "nothing else" }}</td></tr>
{% endfor %}
</tbody></table></div>
{% if content.sources %}
<h3>Data</h3>
<ul>
{% for source in content.sources %}<li><b>{{ source.name }}</b>: {{ source.source or "source not given" }};
{{ source.sizes }}; {{ "" if source.complete else "not " }}the complete published set.</li>
{% endfor %}</ul>
{% endif %}
</section>

<section aria-labelledby="provenance">
<h2 id="provenance">Where the numbers are</h2>
<p>Every number of a condition comes from <code>metrics.parquet</code> in its folder below, which lies in the
results folder. The <code>manifest.json</code> beside it names the predictions and attacks it was computed from,
the code, the versions and the machine. The key is a digest of all of these but the last two;
<code>hembench why</code> explains it.</p>
<div class="scroll" role="region" tabindex="0" aria-label="Where the numbers are"><table>
<thead><tr><th scope="col">condition</th><th scope="col">folder in the results folder</th>
<th scope="col">key</th></tr></thead>
<tbody>
{% for one in content.provenance %}
<tr><th scope="row">{{ one.condition }}</th>
<td><a href="../../results/{{ one.path }}/"><code>{{ one.path }}</code></a></td>
<td><code>{{ one.key }}</code></td></tr>
{% endfor %}
</tbody></table></div>
{% if content.commits %}
<p>Trainings, predictions and attacks were made by the code of
{% for commit, count in content.commits %}commit <code>{{ commit }}</code> ({{ "{:,}".format(count) }})
{{- "." if loop.last else ", " }}
{% endfor %}</p>
{% endif %}
{% if content.adoptions %}
<h3>Taken over from other keys</h3>
<p>These results were not computed again after a change that was declared to leave them as they are.</p>
<ul>
{% for one in content.adoptions %}
<li><code>{{ one.path }}</code> is <code>{{ one.origin }}</code>: {{ one.because }}</li>
{% endfor %}</ul>
{% endif %}
</section>

{% if content.recorded %}
<section aria-labelledby="machines">
<h2 id="machines">Recorded machines and versions</h2>
<p>Recorded with every result, not part of its key.
{% if mixed %}
<span class="mixture">Mixed in this study: {{ mixed|join(", ") }}.</span> Numbers can differ between them in the
last digits and, through long trainings, by more.
{% else %}
All results of this study agree.
{% endif %}</p>
<div class="scroll" role="region" tabindex="0" aria-label="Recorded machines and versions"><table>
<thead><tr><th scope="col">what</th><th scope="col">value (results that have it)</th></tr></thead>
<tbody>
{% for one in content.recorded %}
<tr{% if one.mixed %} class="mixed"{% endif %}><th scope="row">{{ one.name }}
{%- if one.mixed %} <span class="mixture">mixed</span>{% endif %}</th>
<td>{% for value, count in one.counts %}{{ value }} ({{ count }}){{ "" if loop.last else ", " }}{% endfor %}</td>
</tr>
{% endfor %}
</tbody></table></div>
</section>
{% endif %}

<section aria-labelledby="study">
<h2 id="study">The study</h2>
<details><summary>Configuration, with all defaults filled in</summary>
<pre><code>{{ content.config }}</code></pre></details>
</section>
</main>
<footer>Losses after M. W. Spratling and H. H. Schütt, “A margin-based replacement for cross-entropy loss”.
Made by hembench; this file holds everything that it shows and loads nothing.</footer>
</body>
</html>
"""
