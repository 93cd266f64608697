<h1>{{view.title}}</h1>
<p class="lead">{{view.lead}}
% if subject:
<strong class="window">{{f"Team {subject.team}, " if subject.team else ""}}{{window}}</strong>
% end
</p>
{{form}}
{{content}}
