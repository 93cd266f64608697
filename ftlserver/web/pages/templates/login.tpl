<h1>Log in</h1>
% if message:
<p class="problem" role="alert">{{message}}</p>
% end
% if is_followed:
<p>You followed a link from another site. If you have logged in already, <a href="{{where}}">open this page</a>.</p>
% end
<form class="login" method="post" action="/login">
<input name="username" value="FTL Activity" autocomplete="username" hidden>
<p><label for="token">Token</label>
<input id="token" name="token" type="password" required autocomplete="current-password" autocapitalize="none" spellcheck="false" aria-describedby="about-token"></p>
<p id="about-token" class="hint">A token with the scope read, which begins with ftl_; the operator of this server makes one with <code>ftlserver token create --name page --scope read</code>. This browser keeps another token in its place, which can only read, for 12 hours.</p>
<input type="hidden" name="next" value="{{where}}">
<p><button type="submit">Log in</button></p>
</form>
