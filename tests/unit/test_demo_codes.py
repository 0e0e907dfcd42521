"""The demo's second factor is the one of RFC 6238: its own test vectors, cut to six digits."""

import pytest

from govnotify.demo.codes import code

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", RFC 6238 appendix B


@pytest.mark.parametrize(("moment", "digits"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_the_standard(moment, digits):
    assert code(SECRET, moment) == digits
