<div class="wide" role="region" aria-label="{{table.caption}}" tabindex="0">
<table>
<caption>{{table.caption}}\\
% if table.note:
 <span class="note">{{table.note}}</span>\\
% end
</caption>
<thead><tr>
% for number, column in enumerate(table.columns):
<th scope="col"{{number_class if number >= table.numbers_from else ""}}>{{column}}</th>
% end
</tr></thead>
<tbody>
% for row in table.rows:
<tr>\\
% for number, cell in enumerate(row):
%     if number == 0:
<th scope="row">{{cell}}</th>\\
%     elif number >= table.numbers_from:
<td class="number">{{cell}}</td>\\
%     else:
<td>{{cell}}</td>\\
%     end
% end
</tr>
% end
</tbody>
</table>
</div>
