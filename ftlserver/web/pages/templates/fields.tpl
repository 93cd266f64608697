% if with_window:
% for name, label, day in (("from", "From", form.subject.first if form.subject else ""), ("to", "To (included)", form.subject.last if form.subject else "")):
<p><label for="{{name}}">{{label}}</label>
<input id="{{name}}" name="{{name}}" type="{{"date" if form.subject or name not in form.values else "text"}}" value="{{day or form.values.get(name)}}"></p>
% end
% end
<p><label for="zone">Zone</label>
<input id="zone" name="zone" value="{{form.values.get("zone")}}" placeholder="{{clock}}" autocapitalize="none" spellcheck="false"></p>
% if with_members:
% if teams or "team" in form.values:
<p><label for="team">Team</label>
<select id="team" name="team">
<option value="">everybody</option>
% for team in teams:
<option value="{{team["id"]}}"{{selected if team["id"] == form.values.get("team") else ""}}>{{team["name"]}} ({{team["size"]}})</option>
% end
% if "team" in form.values and form.values["team"] not in [team["id"] for team in teams]:
<option value="{{form.values["team"]}}"{{selected}}>{{form.values["team"]}}</option>
% end
</select></p>
% end
<p class="grow"><label for="members">Members</label>
<input id="members" name="members" value="{{form.values.get("members")}}" placeholder="ids or names, with commas between them" spellcheck="false"></p>
% end
