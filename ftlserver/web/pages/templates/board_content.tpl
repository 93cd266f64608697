<p class="shown">{{f"{active:,}"}} of {{f"{total:,}"}} members {{"is" if active == 1 else "are"}} active, as of {{at}}.</p>
% if not total:
<p class="empty">There are no members here yet. Import some, or try <code>ftlserver demo</code>.</p>
% end
% if picture:
<figure class="picture" tabindex="0" aria-label="The picture">
{{picture}}
</figure>
% end
% for table in tables:
{{table}}
% end
{{pages}}
<p class="data">The same data: <a href="{{csv}}">CSV</a> <a href="{{json}}">JSON</a></p>
