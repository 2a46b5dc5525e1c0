"""Colours that are told apart with every common colour blindness."""

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")
"""Okabe and Ito (2008), "Color Universal Design": without black and yellow, which vanish on a dark
and on a light page; grey stands in for black."""

MARKERS = ("o", "s", "D", "^", "v")
"""The next marker for each turn through the colours."""

FRONT_COLOUR = "#888888"
