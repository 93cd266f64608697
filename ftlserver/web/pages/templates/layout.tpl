<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{title}} – FTL Activity</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="{{assets.STYLE.url}}">
<link rel="icon" href="{{assets.ICON.url}}" type="image/svg+xml">
<script type="module" src="{{assets.SCRIPT.url}}"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<p class="brand">FTL Activity</p>
% if not is_login:
<nav aria-label="Views">
<ul>
% for path, name in (("/", "Board"), ("/timeline", "Timeline"), ("/summary", "Summary"), ("/hours", "Hours"), ("/overlap", "Overlap"), ("/coverage", "Coverage"), ("/meeting", "Meeting"), ("/clock-changes", "Clock changes"), ("/rest", "Rest")):
<li><a href="{{path}}{{navigation}}"{{current if path == here else ""}}>{{name}}</a></li>
% end
</ul>
</nav>
% if has_cookie:
<form class="logout" method="post" action="/logout"><button type="submit">Log out</button></form>
% end
% end
</header>
<main id="content" tabindex="-1">
{{content}}
</main>
<footer><p>Who was active when? Times are on the clock that the page names. Programs ask the <a href="/docs">API</a>.</p></footer>
</body>
</html>
