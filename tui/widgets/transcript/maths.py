"""TeX as a line that can be read: its commonest commands as the signs they mean. What is not all understood stays as it
was written: half a formula is none."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_SIGNS: Final = dict(
    pair.split(" ")
    for pair in (
        "alpha α|beta β|gamma γ|delta δ|epsilon ε|varepsilon ε|zeta ζ|eta η|theta θ|iota ι|kappa κ|lambda λ|mu μ|nu ν|"
        "xi ξ|pi π|rho ρ|sigma σ|tau τ|phi φ|varphi φ|chi χ|psi ψ|omega ω|Gamma Γ|Delta Δ|Theta Θ|Lambda Λ|Xi Ξ|Pi Π|"
        "Sigma Σ|Phi Φ|Psi Ψ|Omega Ω|cdot ·|times ×|div ÷|pm ±|mp ∓|le ≤|leq ≤|ge ≥|geq ≥|ne ≠|neq ≠|approx ≈|equiv ≡|"
        "sim ∼|propto ∝|ll ≪|gg ≫|infty ∞|to →|rightarrow →|leftarrow ←|Rightarrow ⇒|implies ⇒|Leftrightarrow ⇔|iff ⇔|"
        "mapsto ↦|in ∈|notin ∉|subset ⊂|subseteq ⊆|cup ∪|cap ∩|setminus ∖|emptyset ∅|varnothing ∅|forall ∀|exists ∃|"
        "neg ¬|land ∧|wedge ∧|lor ∨|vee ∨|oplus ⊕|otimes ⊗|sum ∑|prod ∏|int ∫|partial ∂|nabla ∇|ldots …|dots …|cdots ⋯|"
        "lceil ⌈|rceil ⌉|lfloor ⌊|rfloor ⌋|langle ⟨|rangle ⟩|mid ∣|circ ∘|angle ∠|perp ⊥|parallel ∥|hbar ħ|ell ℓ|"
        "prime ′|ast *|star ⋆|bullet •|therefore ∴|because ∵|sin sin|cos cos|tan tan|log log|ln ln|exp exp|max max|"
        "min min|lim lim|det det|gcd gcd|dim dim|ker ker|arg arg|sup sup|inf inf|Pr Pr"
    ).split("|")
)
_BLANKS: Final = {",": " ", ";": " ", ":": " ", " ": " ", "quad": "  ", "qquad": "  ", "!": "", "left": "", "right": ""}
_WORDS: Final = frozenset({"text", "textrm", "textbf", "mathrm", "mathbf", "mathit", "mathsf", "operatorname", "boxed"})
_NUMBERS: Final = dict(zip("RNZQC", "ℝℕℤℚℂ", strict=True))
_ABOVE: Final = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_BELOW: Final = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
_COMMAND: Final = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_PLAIN: Final = re.compile(r"[\w.⁰-⁹ⁿ¹²³₀-₉]+")
_MEANT: Final = re.compile(r"\\|\^|\s=\s|\A[A-Za-z](_\w|_\{\w+\})?'*\Z")
"""Between single dollars: what is no price and no variable of a shell."""
_INNER: Final = re.compile(r"(?<=[⌈⌊⟨]) +| +(?=[⌉⌋⟩])")
_APART: Final = frozenset("{([ =+-<>,;:\n")
"""What a fraction may stand behind as it is."""
_DEEPEST: Final = 20


class _Unknown(Exception):
    """There is something in it that is not understood."""


@lru_cache(maxsize=1024)
def readable(source: str) -> str:
    """The formula without its dollars or brackets, in signs; the source if that can't be had."""
    text = source.strip()
    for opener, closer in (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$")):
        if text.startswith(opener) and text.endswith(closer) and len(text) >= len(opener + closer):
            inside = text[len(opener) : -len(closer)].strip()
            break
    else:
        return source
    if not inside or (opener == "$" and not _MEANT.search(inside)):
        return source
    try:
        return _Reader(inside).all()
    except _Unknown:
        return source


class _Reader:
    """Reads a formula from its start to its end."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._depth = 0

    def all(self) -> str:
        text = _INNER.sub("", self._until(""))
        return "\n".join(" ".join(line.split()) for line in text.split("\n"))

    def _until(self, closer: str) -> str:
        """Up to a closing brace, or to the end."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Unknown
        out: list[str] = []
        while self._at < len(self._source):
            if self._source[self._at] == "}":
                if not closer:
                    raise _Unknown
                break
            out.append(self._one())
        else:
            if closer:
                raise _Unknown
        self._at += len(closer)
        self._depth -= 1
        return "".join(out)

    def _one(self) -> str:
        """A sign, a command with what belongs to it, or a group."""
        sign = self._source[self._at]
        if sign == "\\":
            return self._command()
        self._at += 1
        match sign:
            case "{":
                return self._until("}")
            case "^":
                return self._script("^", _ABOVE)
            case "_":
                return self._script("_", _BELOW)
            case "&" | "#" | "%" | "$":
                raise _Unknown
        return " " if sign == "~" else sign

    def _argument(self) -> str:
        while self._source[self._at : self._at + 1] == " ":
            self._at += 1
        if self._at >= len(self._source) or self._source[self._at] in "}^_":
            raise _Unknown
        return self._one()

    def _command(self) -> str:
        found = _COMMAND.match(self._source, self._at)
        if found is None:
            raise _Unknown
        self._at, name = found.end(), found[1]
        if name in _SIGNS:
            return _SIGNS[name]
        if name in ("left", "right") and self._source[self._at : self._at + 1] == ".":
            self._at += 1
        if name in _BLANKS:
            return _BLANKS[name]
        if name in "{}%$_#&|":
            return "‖" if name == "|" else name
        if name in _WORDS:
            return self._argument()
        before = self._source[found.start() - 1 : found.start()]
        match name:
            case "frac" | "dfrac" | "tfrac":
                text = f"{_grouped(self._argument())}/{_grouped(self._argument())}"
                return text if (not before or before in _APART) and not self._goes_on else f"({text})"
            case "sqrt" if self._source[self._at : self._at + 1] != "[":
                return "√" + _grouped(self._argument(), always=self._goes_on)
            case "mathbb" if (letter := self._argument()) in _NUMBERS:
                return _NUMBERS[letter]
        raise _Unknown

    def _script(self, mark: str, signs: dict[int, int]) -> str:
        text = self._argument()
        if all(ord(sign) in signs for sign in text):
            return text.translate(signs)
        return mark + _grouped(text, always=self._goes_on)

    @property
    def _goes_on(self) -> bool:
        """What comes next would be taken for a part of what was just read."""
        sign = self._source[self._at : self._at + 1]
        return sign.isalnum() or sign in ("\\", "(", "{", "^", "_", "'")


def _grouped(text: str, *, always: bool = False) -> str:
    return text if (_PLAIN.fullmatch(text) or len(text) == 1) and not always else f"({text})"
