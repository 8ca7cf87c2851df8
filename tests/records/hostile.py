"""Makes a file to import of an export, whose words are what spreadsheets take for formulas: python hostile.py EXPORT OUT"""

import itertools
import json
import sys
import uuid

CELLS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    '=HYPERLINK("https://example.org","look")',
    "=cmd|' /C calc'!A0",
    "  =1+1",
    '"=1+1"',
    "a,=1+1",
    "one\n=1+1",
    "\uff1d1+1",
    "'=1+1",
    "plain words",
]

with open(sys.argv[1], encoding="utf-8") as file:
    export = json.load(file)
cells = itertools.cycle(CELLS)
for records in export["collections"].values():
    del records[60:]
    for record in records:
        record["id"] = str(uuid.uuid4())
        for member in ("note", "name", "label", "facility", "prescriber", "phone", "gratitude", "intention", "homework", "place"):
            if member in record:
                record[member] = next(cells)
for name in ("plans", "lapses", "doses", "sessions"):
    export["collections"][name] = export["collections"][name][:20]
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(export, file)
