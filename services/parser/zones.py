"""The short names of time zones that mails carry."""

HOURS_AHEAD = {
    "WET": 0.0,
    **dict.fromkeys(("CET", "MEZ", "HNEC", "WEST", "BST"), 1.0),
    **dict.fromkeys(("CEST", "MESZ", "HAEC", "EET", "SAST"), 2.0),
    **dict.fromkeys(("EEST", "MSK", "\u041c\u0421\u041a", "TRT"), 3.0),
    **dict.fromkeys(("HKT", "SGT", "AWST"), 8.0),
    **dict.fromkeys(("JST", "KST"), 9.0),
    "ACST": 9.5,
    "AEST": 10.0,
    "AEDT": 11.0,
    "NZST": 12.0,
    "NZDT": 13.0,
    "ADT": -3.0,
    "EDT": -4.0,
    "EST": -5.0,
    "CDT": -5.0,
    "CST": -6.0,
    "MDT": -6.0,
    "MST": -7.0,
    "PDT": -7.0,
    "PST": -8.0,
    "AKDT": -8.0,
    "AKST": -9.0,
    "HST": -10.0,
}
"""Of UTC. Of a name with several meanings, that of RFC 5322 counts; others that mean two things (IST, AST)
are left out."""
