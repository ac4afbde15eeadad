# SPDX-License-Identifier: Apache-2.0
"""Objects with one field changed, named as error messages name it."""

import copy
import re

ABSENT = object()


def steps(field):
    """spec.rules[0].name -> ["spec", "rules", 0, "name"]"""
    return [int(index) if index else key
            for index, key in re.findall(r"\[(\d+)\]|(\w+)", field)]


def altered(document, *changes):
    """A copy with each (field, value) set; ABSENT removes the field."""
    document = copy.deepcopy(document)
    for field, value in changes:
        *way, last = steps(field)
        place = document
        for step in way:
            place = place.setdefault(step, {}) if isinstance(step, str) else place[step]
        if value is ABSENT:
            del place[last]
        else:
            place[last] = value
    return document
