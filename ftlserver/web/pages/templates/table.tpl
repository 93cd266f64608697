<div class="wide" role="region" aria-label="{{table.caption}}" tabindex="0">
<table{{dense if len(table.columns) > 15 else ""}}>
<caption>{{table.caption}}\\
% if table.note:
 <span class="note">{{table.note}}</span>\\
% end
</caption>
<thead><tr>
% for number, column in enumerate(table.columns):
<th scope="col"{{number_class if number in table.numbers else ""}}>{{column}}</th>
% end
</tr></thead>
<tbody>
% for row in table.rows:
<tr>\\
% for number, cell in enumerate(row):
%     if number == 0:
<th scope="row">{{cell}}</th>\\
%     elif number in table.numbers:
<td class="number">{{cell}}</td>\\
%     else:
<td>{{cell}}</td>\\
%     end
% end
</tr>
% end
% if not table.rows:
<tr><td colspan="{{len(table.columns)}}">none</td></tr>
% end
</tbody>
</table>
</div>
