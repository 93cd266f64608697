<h1>Board</h1>
<p class="lead">Who is active now, and what time it is for everybody.
% if form.subject:
<strong class="window">{{f"Team {form.subject.team}, " if form.subject.team else ""}}times in {{form.subject.zone.key}}</strong>
% end
</p>
% if form.problem:
<p class="problem" role="alert">{{form.problem}}</p>
% end
<form class="question" method="get" action="/">
{{fields}}
<p><button type="submit">Show</button></p>
</form>
<div id="refreshed" data-refresh="30">
{{form.content}}
</div>
% if teams:
<h2>Teams</h2>
<ul class="teams">
% for team, address in teams:
<li><a href="{{address}}">{{team["name"]}}</a> {{team["size"]}}</li>
% end
</ul>
% end
