"""Three bulletins of our own, so that the journey is made in a lone clone too."""

from tests.journeys.items import Item

RIVER = """<div class="govspeak" id="river" style="color: red" onclick="alert(1)">
<h1>The Arn rises &amp; goes on rising</h1>
<p>At <strong>06:00</strong> it stood at 2.9&nbsp;m. Look at the <a href="https://water.example/levels?place=arnhill&amp;day=1">
levels</a>, or write to <a href="mailto:desk@water.example">the desk</a>.</p>
<img src="https://water.example/seen.gif?who=you" alt="Map of the banks" onerror="alert(2)">
<script>alert("never seen")</script><style>p { color: blue }</style>
<table class="levels"><caption>Levels</caption><tr><th>Place</th><th>Metres</th></tr>
<tr><td>Arnhill</td><td>2.9</td></tr><tr><td>Brook &lt;lower town&gt;</td><td>3.4</td></tr></table>
<ol start="3"><li>Move what is in the cellar.</li><li>Keep children away.</li></ol>
<blockquote><p>.dots at the beginning of a line</p><p>From the beginning of a line</p></blockquote>
<p><a href="javascript:alert(3)">Not a link</a> https://water.example/a-very-long-address-that-no-line-can-hold-and-that-must-never-be-broken-in-two</p>
</div>"""

CLINICS = """<p>تفتح <strong>العيادات</strong> أبوابها من الساعة 8:00 حتى 20:00.</p>
<ul><li>أحضروا بطاقة الهوية.</li><li>اللقاح مجاني للأطفال دون سن 12 عاماً.</li></ul>
<p dir="ltr">Questions: <a href="https://health.example/ar">health.example</a></p>"""

MARKET = "<p>El mercado se muda a la Plaza Mayor. Ñandú, pingüino y 4 €: ¡todo se vende!</p>"


def own_items() -> list[Item]:
    """In English with everything that must not arrive, in Arabic, and in Spanish by the first agency."""
    return [
        Item("river", "Ministry of Water, Rivers & Lakes", "warning", "en", "River “Arn” rising", "It rises.", RIVER),
        Item("clinics", "Health Board", "hours", "ar", "ساعات عمل العيادات", "تفتح العيادات كل يوم.", CLINICS),
        Item("market", "Ministry of Water, Rivers & Lakes", "market", "es", "El mercado se muda", "", MARKET),
    ]
