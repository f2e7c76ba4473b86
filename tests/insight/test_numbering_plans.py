"""The quick answer about a telephone number is the library's own, wherever there is one."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from cvtr_widgets.insight.rules.numbering_plans import quickly
from cvtr_widgets.insight.rules.telephones import valid


def by_library(text: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


def numbers(dice: random.Random, region: str) -> list[str]:
    """Numbers of a country as people write them: real examples, some with a digit wrong, too many or too few."""
    code = phonenumbers.country_code_for_region(region)
    real = phonenumbers.example_number(region)
    national = str(real.national_number) if real else "20123456"
    made = [f"+{code}{dice.randrange(10 ** dice.randint(3, 12))}", f"+{code} 0{national}", f"0{national}", national]
    for _ in range(3):
        place = dice.randrange(len(national))
        changed = national[:place] + dice.choice("0123456789") + dice.choice(("", "", "7")) + national[place + 1 :]
        made += [f"+{code} {changed}", f"0{changed}", f"+{code}-{changed[:3]} ({changed[3:]})"]
    return [*made, f"+{code}{national}", f"00{code}{national}", f"{code}{national}", f"+{code}{national}x12"]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))])
def test_the_quick_answer_is_that_of_the_library(seed):
    dice, answered = random.Random(seed), 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for text in numbers(dice, region):
            for given in (None, region, "GB"):
                answer = quickly(text, given)
                answered += answer is not None
                assert answer in {None, by_library(text, given)}, (text, given)
    assert answered > 5_000


def test_what_needs_interpretation_is_left_to_the_library():
    for text in ("+44 20 7946 0958 ext. 3", "+1 800 FLOWERS", "+44 (0)20 7946 0958", "", "+", "12"):
        assert quickly(text, "GB") is None
    assert valid("+44 (0)20 7946 0958", "GB") is True
    assert valid("(+1) 212 555 0100", None) is True
    assert valid("020 7946 0958", None) is None
