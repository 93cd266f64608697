% if total:
<p class="empty">None of the {{f"{total:,}"}} members was active in this window. Choose a longer one.</p>
% else:
<p class="empty">There are no members here yet.</p>
% end
