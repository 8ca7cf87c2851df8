"""Opens every table of an export in LibreOffice and counts formulas: python check_csv.py ZIP

Refuses one formula, and a cell of words that does not read as it was written."""

import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
import zipfile

# Commas, quotes, UTF-8, from the first line, numbers and dates as a person who opens the file gets them, and
# formulas worked out where there are any.
FILTER = "CSV:44,34,76,1,,0,false,true,false,false,false,-1,true"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


def opened(files, work):
    profile = f"-env:UserInstallation=file://{work}/profile"
    command = ["soffice", profile, "--headless", f"--infilter={FILTER}", "--convert-to", "fods", "--outdir", str(work)]
    subprocess.run([*command, *map(str, files)], check=True, stdout=subprocess.DEVNULL, timeout=300)
    return {file.stem: ET.parse(work / f"{file.stem}.fods").getroot() for file in files}


def formulas(sheet):
    return [cell.get(f"{TABLE}formula") for cell in sheet.iter(f"{TABLE}table-cell") if cell.get(f"{TABLE}formula")]


def said(paragraph):
    """The words of a paragraph; runs of spaces, tabs and line breaks stand in elements of their own."""
    words = paragraph.text or ""
    for child in paragraph:
        gap = child.tag in (f"{TEXT}s", f"{TEXT}tab", f"{TEXT}line-break")
        words += " " if gap else said(child)
        words += child.tail or ""
    return words


def words(sheet):
    return {
        " ".join(" ".join(said(part) for part in cell.iter(f"{TEXT}p")).split())
        for cell in sheet.iter(f"{TABLE}table-cell")
        if cell.get(f"{OFFICE}value-type") == "string"
    }


with tempfile.TemporaryDirectory() as directory:
    work = pathlib.Path(directory)
    # What is not guarded is a formula, or nothing that follows means anything.
    control = work / "control.csv"
    control.write_text("a,b\r\n=1+1,x\r\n", encoding="utf-8")
    files = [control]
    with zipfile.ZipFile(sys.argv[1]) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                files.append(pathlib.Path(archive.extract(name, work)))
    sheets = opened(files, work)
    if not formulas(sheets.pop("control")):
        sys.exit("an unguarded cell is no formula here: nothing was checked")
    found, cells, lost = [], 0, []
    for file in files[1:]:
        sheet = sheets[file.stem]
        found += [f"{file.name}: {formula}" for formula in formulas(sheet)]
        known = words(sheet)
        with io.open(file, encoding="utf-8-sig", newline="") as table:
            for row in csv.reader(table):
                for cell in row:
                    # What is no number, date or flag to a spreadsheet is words.
                    if cell[:1] in ("'", '"') or "=" in cell or "plain words" in cell:
                        cells += 1
                        if " ".join(cell.split()) not in known:
                            lost.append(f"{file.name}: {cell!r}")
    print(json.dumps({"tables": len(files) - 1, "formulas": len(found), "cells": cells, "lost": len(lost)}))
    for line in (found + lost)[:20]:
        print(line, file=sys.stderr)
    sys.exit(1 if found or lost or not cells else 0)
