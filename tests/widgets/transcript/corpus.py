"""Texts as models write them, and lines that are hard on a parser that reads as they arrive."""

from __future__ import annotations

PROSE = """# Tides in short

Tides are the ocean's answer to a **difference** in gravity: the Moon pulls the near side *more* than the `centre`,
and the centre more than the far side. See [Wikipedia](https://en.wikipedia.org/wiki/Tide) or https://example.com/a_b_c.

Second paragraph\\
with a hard break, ~~struck~~, an ![image](x.png), <b>HTML</b>, a [reference][one] and &amp; an entity.

Setext
------

***

Math: $E = mc^2$ and \\(a_1\\), but $5 to $10.

$$
a_1 * b_2
- c = d
$$

[one]: https://example.com/one "title"
"""

LISTS = """Here is how:

1. First **point**
   - nested
     - deeper

       a paragraph in it
   - nested again
2. Second

   ```python
   def f():
       return 1
   ```

3. Third
10. Tenth

- [x] done
- [ ] open
* other list
+ and another

- loose

- items

  with a paragraph

text right after
- list that interrupts
2) not a list

> quote
> goes on
lazily
>
> - a list in it
> - second
>
> ```
> code in it
> ```

> another
"""

TABLES = """| Port | Range | Times |
|:-----|------:|:-----:|
| Bristol | 15.0 | 2 |
| Naples | 0.4 | `2` |
| 那不勒斯 | **0.4** | a\\|b |

text | not a table
still text

a | b
--|--
1 | 2
after | it
- list ends it
"""

CODE = """```python
def primes(limit: int) -> list[int]:
    '''All primes.'''

	return [n for n in range(2, limit)]
```

~~~
tildes
```
inside
~~~

    indented code

    goes on

```unknown-language
x
```
<details>
<summary>HTML</summary>

</details>

<!-- comment

goes on -->

```js
never closed
"""

CHINESE = """## 潮汐的成因

潮汐是海洋对地球各处**引力差异**的反应。月球对近侧的引力比对地心的引力大（周期约为十二小时）。Mixed English 和`代码`。

1. 近侧朝向月球隆起，
2. 远侧背向月球隆起。

> 引用：上善若水。

Emoji 👩‍👩‍👧 🇩🇪 é 한국어.
"""

HOSTILE = """\x1b[31mred\x1b]0;title\x07 [bold]markup[/bold] \u202ereversed\u2066 &#27;[1m &#8238; \x9b31m

```
\x1b[2J\x08\x7f
```

[\u202elink](https://e.example/\u202e) <b\x1b>
"""

NOTES = """The near side[^1] and the far side[^far side], as [one] says[^two].

A list:
- with a note[^two]
- and [two][], later

[^1]: The one that faces the Moon.
[^two]: A note of `two` paragraphs.

    Its second one.

    - with a list

[one]: https://example.com/one
[^unused]: Nobody asks for this.
continued lazily

> A quote with [one] and [^quoted].
>
> [^quoted]: Within it.

[two]: https://example.com/two

After them, [^none] is as it was written, and [^1] a note.
"""

TEXTS = (PROSE, LISTS, TABLES, CODE, CHINESE, HOSTILE, NOTES)

LINES = (
    "", "", "", "text", "more *text*", "**open", "closed**", "`code", "# heading", "#no heading", "===",
    "---", "--", "***", "- item", "- ", "-", "* star", "  - nested", "    - deeper", "   continued", "1. one",
    "2. two", "7) seven", "1", "1.", "> quote", "> - item", ">", "> > deep", "> ```", "```", "```py", "~~~",
    "  ```", "    code", "\tcode", "a | b", "--|--", "|---|", "| 1 | 2 |", "[one]: /url", "[one]: /other",
    "[one]", "[one]:", '"title', 'title"', "'t'", "<div>", "</div>", "<!-- x", "-->", "<b>inline", "$$",
    "\\[", "\\]", "x $a$ y", "$$x$$", "- [ ] task", "- [x]", "   - [x] done", "1. > q", "   > q", "文字，",
    "👩‍👧", "- - x", "-   wide", "-     code", "12345. number", "&#35; x", "  two spaces  ", "\\", "a\\",
    "\ttab\tstop", "$$ a", "b $$", "[^1]: note", "text[^1] more", "[^1]:", "[^b]: `other`",
    "a [^b] *[^c]*", "> [^c]: in",
)  # fmt: skip
