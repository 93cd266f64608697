% if form.problem:
<p class="problem" role="alert">{{form.problem}}</p>
% end
<form class="question" method="get" action="{{view.path}}">
{{fields}}
% if "per" in view.fields:
<p><label for="per">Per</label>
<select id="per" name="per">
<option value="">fitting</option>
% for per in ("day", "week", "month"):
<option{{selected if per == form.values.get("per") else ""}}>{{per}}</option>
% end
</select></p>
% end
% if "at_least" in view.fields:
<p><label for="at_least">At least so many at once</label>
<input id="at_least" name="at_least" type="number" min="1" max="1000" value="{{form.values.get("at_least")}}" placeholder="2"></p>
% end
% if "at_most" in view.fields:
<p><label for="at_most">A gap: at most so many active</label>
<input id="at_most" name="at_most" type="number" min="0" max="999" value="{{form.values.get("at_most")}}" placeholder="0"></p>
<p class="grow"><label for="quiet">Hours in which gaps are meant</label>
<input id="quiet" name="quiet" value="{{form.values.get("quiet")}}" placeholder="{{quiet_example}}" spellcheck="false"></p>
% end
% if "weeks" in view.fields:
<p><label for="weeks">Weeks ahead</label>
<input id="weeks" name="weeks" type="number" min="1" max="53" value="{{form.values.get("weeks")}}" placeholder="{{53 if "meeting" in form.values else 26}}"></p>
<p class="grow"><label for="meeting">Standing meeting</label>
<input id="meeting" name="meeting" value="{{form.values.get("meeting")}}" placeholder="Tue 17:00 Europe/Berlin" autocapitalize="none" spellcheck="false"></p>
% end
% if "week" in view.fields:
<p><label for="week">Week from</label>
<input id="week" name="week" type="{{"text" if form.problem else "date"}}" value="{{form.values.get("week")}}"></p>
% end
% if "minutes" in view.fields:
<p><label for="minutes">Minutes</label>
<input id="minutes" name="minutes" type="number" min="15" max="1440" value="{{form.values.get("minutes")}}" placeholder="60"></p>
% end
% if "rotate" in view.fields:
<p><label for="rotate">Times to use in turn</label>
<input id="rotate" name="rotate" type="number" min="2" max="12" value="{{form.values.get("rotate")}}" placeholder="none"></p>
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
