"""Calls: another system asked, by any protocol: signed, paced, judged, tried again, with the tokens that it lends."""
