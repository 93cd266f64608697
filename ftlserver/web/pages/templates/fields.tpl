% if with_window:
% for name, label, day in (("from", "From", subject.first if subject else ""), ("to", "To (included)", subject.last if subject else "")):
<p><label for="{{name}}">{{label}}</label>
<input id="{{name}}" name="{{name}}" type="{{"date" if subject or name not in values else "text"}}" value="{{day or values.get(name)}}"></p>
% end
% end
<p><label for="zone">Zone</label>
<input id="zone" name="zone" value="{{values.get("zone")}}" placeholder="{{clock}}" autocapitalize="none" spellcheck="false"></p>
% if with_members:
% if teams or "team" in values:
<p><label for="team">Team</label>
<select id="team" name="team">
<option value="">everybody</option>
% for team in teams:
<option value="{{team["id"]}}"{{selected if team["id"] == values.get("team") else ""}}>{{team["name"]}} ({{team["size"]}})</option>
% end
% if "team" in values and values["team"] not in [team["id"] for team in teams]:
<option value="{{values["team"]}}"{{selected}}>{{values["team"]}}</option>
% end
</select></p>
% end
<p class="grow"><label for="members">Members</label>
<input id="members" name="members" value="{{values.get("members")}}" placeholder="ids or names, with commas between them" spellcheck="false"></p>
% end
