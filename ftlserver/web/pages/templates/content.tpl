<p class="shown">{{shown}}</p>
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
