<p class="shown">\\
% if since:
<strong>Active now</strong>, since {{since}}. \\
% elif last:
Not active now; last active until {{last}}. \\
% else:
No activity yet. \\
% end
Local time: {{local}}.</p>
<section aria-labelledby="when">
<h2 id="when">Timeline, {{window}}</h2>
% if timeline:
<figure class="picture" tabindex="0" aria-label="Picture of the timeline">
{{timeline}}
</figure>
% end
% for table in periods:
{{table}}
% end
<p class="data">The same data: <a href="{{timeline_csv}}">CSV</a> <a href="{{timeline_json}}">JSON</a></p>
</section>
<section aria-labelledby="year">
<h2 id="year">The last year</h2>
% if year:
<figure class="picture" tabindex="0" aria-label="Picture of the year">
{{year}}
</figure>
% end
{{weeks}}
<p class="data">The same data: <a href="{{summary_csv}}">CSV</a> <a href="{{summary_json}}">JSON</a></p>
</section>
<section aria-labelledby="hours">
<h2 id="hours">Hours of the week, from the last 8 weeks</h2>
% if hours:
<figure class="picture" tabindex="0" aria-label="Picture of the hours">
{{hours}}
</figure>
% end
% for table in hours_table:
{{table}}
% end
<p class="data">The same data: <a href="{{hours_csv}}">CSV</a> <a href="{{hours_json}}">JSON</a></p>
</section>
