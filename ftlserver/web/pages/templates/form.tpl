% if problem:
<p class="problem" role="alert">{{problem}}</p>
% end
<form class="question" method="get" action="{{view.path}}">
{{fields}}
% if "per" in view.fields:
<p><label for="per">Per</label>
<select id="per" name="per">
<option value="">fitting</option>
% for per in ("day", "week", "month"):
<option{{selected if per == values.get("per") else ""}}>{{per}}</option>
% end
</select></p>
% end
% if "at_least" in view.fields:
<p><label for="at_least">At least so many at once</label>
<input id="at_least" name="at_least" type="number" min="1" max="1000" value="{{values.get("at_least")}}" placeholder="2"></p>
% end
% if "week" in view.fields:
<p><label for="week">Week from</label>
<input id="week" name="week" type="{{"text" if problem else "date"}}" value="{{values.get("week")}}"></p>
<p><label for="minutes">Minutes</label>
<input id="minutes" name="minutes" type="number" min="15" max="1440" value="{{values.get("minutes")}}" placeholder="60"></p>
% end
<p><button type="submit">Show</button></p>
</form>
% if presets:
<ul class="presets" aria-label="Windows">
% for name, address in presets:
<li><a href="{{address}}">{{name}}</a></li>
% end
</ul>
% end
