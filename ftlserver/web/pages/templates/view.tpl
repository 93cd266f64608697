<h1>{{view.title}}</h1>
<p class="lead">{{view.lead}}
% if form.subject:
<strong class="window">{{f"Team {form.subject.team}, " if form.subject.team else ""}}{{window}}</strong>
% end
</p>
{{question}}
{{form.content}}
