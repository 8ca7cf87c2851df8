// Waits for what must come, with a deadline; looks often and sleeps little.

export async function until(what, holds, { within = 30_000 } = {}) {
  const deadline = performance.now() + within;
  for (;;) {
    const found = await holds();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((next) => setTimeout(next, 10));
  }
}
