"""The elements of HTML that a body may have."""

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
LISTS = frozenset(("ul", "ol", "li", "dl", "dt", "dd"))
TABLES = frozenset(("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"))
SECTIONS = frozenset(("p", "hr", "blockquote", "pre", "div", "section", "address", "figure", "figcaption"))
EMPHASIS = frozenset(("b", "strong", "i", "em", "del", "ins", "s", "small", "sub", "sup"))
PHRASES = frozenset(("a", "abbr", "br", "cite", "code", "img", "q"))

TAGS = HEADINGS | LISTS | TABLES | SECTIONS | EMPHASIS | PHRASES
