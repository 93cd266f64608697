% if pages:
<nav class="pages" aria-label="Pages">
<ul>
% for n, address in pages:
<li><a href="{{address}}"{{current if n == number else ""}}>{{n}}</a></li>
% end
</ul>
</nav>
% end
