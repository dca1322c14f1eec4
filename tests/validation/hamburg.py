"""What became of the 46 buildings of the Hamburg tile 576_5950 from 2016 to 2022, told by looking at them.

Both states were drawn side by side, each building by itself, and as plans over each other. Names are those
of the cadastre (ALKIS), which both files carry as external references: they tell who is who, and were not
looked at by what is tested.
"""

from __future__ import annotations

#: What the eye sees, by the end of the name in the cadastre.
SEEN = {
    "2kJJ": "three of its five parts are gone: two wings and the separate building in the north",
    "2l5D": "the annexe in the west has a flat roof in place of a pitched one",
    "2kzP": "the roof is gabled the other way, and lower",
    "2lEj": "gabled in place of hipped; the east side goes farther",
    "2jG8": "the roof is turned and hipped at one end",
    "2kcl": "rebuilt on nearly the same place, with four parts in place of two",
    "2khh": "the roof is turned, and higher",
    "2kIO": "the roof is gabled the other way",
    "52Z6": "the shed is lower and flat",
    "2kc8": "the roof is turned",
    "2lC4": "the roof is flatter",
    "2jXi": "the flat roof is one metre higher",
    "2kbo": "the foot is one metre higher",
    "2l6R": "the low wing is another one",
    "52Z2": "the side parts are lower",
    "2fNo": "the ridge is another one",
}
#: One building before, two after, of which one is new in the cadastre.
SPLIT = {"2jI3": {"2jI3", "00Dd"}}
#: Differences that the eye does not see are smaller than this, metres.
UNSEEN_M = 0.25
