<h1>{{title}}</h1>
<p class="problem" role="alert">{{text}}</p>
<p><a href="/">To the board</a></p>
