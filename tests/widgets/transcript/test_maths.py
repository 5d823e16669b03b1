"""Formulas in signs, where all of them is understood; else as they were written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.transcript.ink import ASCII, UNICODE, line_text
from tui.widgets.transcript.markdown import parse
from tui.widgets.transcript.maths import readable
from tui.widgets.transcript.render import Page, render


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"$F \propto M / d^3$", "F ∝ M / d³"),
        ("$$\n\\lceil \\log_3 24 \\rceil = 3\n$$", "⌈log₃ 24⌉ = 3"),
        (r"\(x_1^{2} + \frac{a+b}{2}\)", "x₁² + (a+b)/2"),
        (r"\[\sqrt{x^2 + y^2} \le \sqrt{2}\,r\]", "√(x² + y²) ≤ √(2) r"),
        (r"$\frac{1}{2}mv^2$", "(1/2)mv²"),
        (r"$x\frac{1}{2}$", "x(1/2)"),
        (r"$\frac{n + 1}{2} = m$", "(n + 1)/2 = m"),
        (r"$\sqrt{x}y$", "√(x)y"),
        (r"$x^ab = x^{max}y$", "x^(a)b = x^(max)y"),
        (r"$e^{-x^2/2}$", "e^(-x²/2)"),
        (r"$P(A \mid B)\%$", "P(A ∣ B)%"),
        (r"$\left. f \right|_0^\infty \text{ in } \mathbb{R}^n$", "f |₀^∞ in ℝⁿ"),
        ("$x_{max}$", "x_max"),
        ("$n$", "n"),
    ],
)
def test_a_formula_is_shown_in_signs(source: str, shown: str) -> None:
    assert readable(source) == shown


@pytest.mark.parametrize(
    "source",
    [
        "$5 or 10$",
        "$HOME_DIR:$",
        "$a_1 * b_2$",
        r"$$\begin{aligned}a&=b\\c&=d\end{aligned}$$",
        r"$\hat{x}$",
        r"$\frac{1}$",
        r"$\sqrt[3]{x}$",
        r"$\mathbb{x}$",
        "$$x",
        "$x^$",
        "$x^}$",
        r"$\{$x",
        "$$" + "{" * 50 + "}" * 50 + "$$",
        "$$$$",
    ],
)
def test_what_is_not_all_understood_stays_as_it_was_written(source: str) -> None:
    assert readable(source) == source


@given(st.text(alphabet="$\\{}^_ab12 ()[]&~\n", max_size=30), st.sampled_from(["$$", "$"]))
def test_no_text_is_too_odd(text: str, dollars: str) -> None:
    assert isinstance(readable(dollars + text + dollars), str)


def test_who_wants_ascii_sees_the_source() -> None:
    source = "so $x^2$:\n\n$$\nx^2\n$$\n"
    for glyphs, shown in ((UNICODE, ["so x²:", "", "x²"]), (ASCII, ["so $x^2$:", "", "$$", "x^2", "$$"])):
        lines = render(parse(source, {}), Page(40, glyphs, tuple(source.split("\n"))))
        assert [line_text(line) for line in lines] == shown
