"""The section of a report that judges the paper's claims, as a jinja2 template; every value is escaped."""

from __future__ import annotations

CLAIMS = """\
{% macro comparisons(claim) %}
<ul class="parts">
{% for part in claim.parts %}
<li><b class="verdict {{ part.verdict|replace(' ', '-') }}">{{ part.verdict }}</b> {{ part.comparison }}
{% if part.found != "not measured" %}<br><span class="under">{{ part.found }}</span>{% endif %}

<br><span class="under">{{ part.coverage }}</span>
{% if part.log_msp %}<br><span class="under">with log-MSP: {{ part.log_msp }}</span>{% endif %}</li>
{% endfor %}
</ul>
{% endmacro %}

<section aria-labelledby="claims">
<h2 id="claims">The paper's claims</h2>
<p>Each comparison is the mean over conditions of <i>first minus second</i>, paired by seed, in points. The first
interval (95 %) is for these conditions with other seeds, and it alone decides; the second is for new conditions of
the same sort. Supported: the interval is wholly on the claim's side, or within ±{{ margin }} points where the
claim says “comparable” (≈; ≥ allows as much). Contradicted: wholly on the other side, or outside. A count: as
large a share of conditions as the paper's. Else undecided. Of several comparisons all must hold, and
one contradicted contradicts it. Holm's p allows for all comparisons of a group. A signed-rank test of five seeds
can't go below p = 0.0625, so there is one only over six conditions or more.
<a href="claims.csv" download>csv<span class="hidden"> of the claims</span></a></p>
<p><b>{{ counts }}.</b> What lies within this study's metrics and conditions, by loss:</p>
<ul class="parts">
{% for variant, words, found in outcome %}
<li>{{ variant }} <b class="verdict {{ words|replace(' ', '-') }}">{{ words }}</b>: {{ found|join(", ") }}</li>
{% endfor %}
</ul>
<div class="scroll" role="region" tabindex="0" aria-label="The paper's claims"><table class="claims">
<thead><tr><th scope="col">claim</th><th scope="col">loss</th><th scope="col">verdict</th>
<th scope="col">with log-MSP</th><th scope="col">comparisons</th></tr></thead>
<tbody>
{% for claim in measured %}
<tr><th scope="row">{{ claim.id }}<p>{{ claim.words }}
{% if claim.numbers %} Paper: {{ claim.numbers }}.{% endif %}</p></th>
<td>{% if claim.variant in colours %}<span class="swatch" style="background:{{ colours[claim.variant] }}"></span>
{% endif %}{{ claim.variant }}</td>
<td><b class="verdict {{ claim.verdict|replace(' ', '-') }}">{{ claim.verdict }}</b>
</td>
<td{% if claim.flips %} class="mixture"{% endif %}>{{ claim.verdict_log_msp or "no MSP in it" }}
{%- if claim.flips %}: it flips{% endif %}</td>
<td>{% if claim.remark %}<p>{{ claim.remark }}</p>{% endif %}

<p class="under">{{ claim.rests_on }}</p>
<details><summary>{{ claim.summary }}</summary>{{ comparisons(claim) }}</details></td></tr>
{% endfor %}
</tbody></table></div>
{% if others %}
<details><summary>Not measured by this study at all: {{ others|length }}</summary>
<ul>
{% for claim in others %}<li><b>{{ claim.id }}</b> {{ claim.words }} {{ claim.remark }}</li>
{% endfor %}</ul></details>
{% endif %}
</section>
"""
