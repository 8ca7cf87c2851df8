// Holds a FHIR bundle against the R4 definitions of the package `fhir`: node check-fhir.mjs FILE
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { Fhir } = createRequire(import.meta.url)('fhir/fhir');
const bundle = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const fhir = new Fhir();
const kinds = {};
let errors = 0;
// One by one: every entry is judged, and a message says which.
for (const resource of [bundle, ...bundle.entry.map((entry) => entry.resource)]) {
  kinds[resource.resourceType] = (kinds[resource.resourceType] ?? 0) + 1;
  const { messages } = fhir.validate(resource, { errorOnUnexpected: true });
  for (const { severity, location, message } of messages) {
    if (severity === 'error' || severity === 'fatal') {
      errors += 1;
      if (errors <= 20) console.error(`${resource.resourceType}/${resource.id} ${location}: ${message}`);
    }
  }
}
console.log(JSON.stringify({ package: 'fhir', errors, kinds }));
process.exit(errors === 0 ? 0 : 1);
