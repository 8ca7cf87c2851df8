"""Holds a FHIR bundle against the R4B models of the package fhir.resources: python check_fhir.py FILE"""

import json
import sys

from fhir.resources.R4B import get_fhir_model_class

with open(sys.argv[1], encoding="utf-8") as file:
    bundle = json.load(file)
errors = 0
resources = [bundle] + [entry["resource"] for entry in bundle["entry"]]
for resource in resources:
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValueError as error:
        errors += 1
        if errors <= 20:
            print(f'{resource["resourceType"]}/{resource.get("id")}: {error}', file=sys.stderr)
print(json.dumps({"package": "fhir.resources", "errors": errors, "resources": len(resources)}))
sys.exit(1 if errors else 0)
