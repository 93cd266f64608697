<h1>{{user.real_name}}</h1>
<p class="lead">{{user.id}}, {{user.tz}}\\
% if form.subject:
 <strong class="window">Times in {{form.subject.zone.key}}</strong>\\
% end
</p>
% if form.problem:
<p class="problem" role="alert">{{form.problem}}</p>
% end
<form class="question" method="get" action="{{path}}">
{{fields}}
<p><button type="submit">Show</button></p>
</form>
<ul class="presets" aria-label="Windows">
% for name, address in presets:
<li><a href="{{address}}">{{name}}</a></li>
% end
</ul>
{{form.content}}
<ul class="presets" aria-label="This member in other views">
% for title, address in links:
<li><a href="{{address}}">{{title}}</a></li>
% end
</ul>
