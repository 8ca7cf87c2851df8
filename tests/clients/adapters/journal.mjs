// What every adapter needs: the calls, the stream of pokes, and the merge of two edits. Copy it beside the
// adapter that you use.

/** A server that answered with a problem (RFC 9457); `problem.code` is stable. */
export class Refused extends Error {
  constructor(problem) {
    super(`${problem.code}: ${problem.detail}`);
    this.problem = problem;
  }
}

/**
 * The journal of one account on a server. `token` gives an access token that counts now: refresh it there.
 * Whatever is asked here may be asked again when its answer was lost.
 */
export function journal({ url, token, fetch = globalThis.fetch }) {
  const ask = async (path, options = {}) => {
    const headers = { Authorization: `Bearer ${await token()}`, "Content-Type": "application/json" };
    const answer = await fetch(`${url}/v1/sync/${path}`, { headers, ...options });
    if (!answer.ok) throw new Refused(await answer.json());
    return answer;
  };

  /** A page of what changed: `collections`, `since`, `limit`, `epoch`. */
  const pull = async (query) => (await ask(`changes?${new URLSearchParams(query)}`)).json();

  /** Sends rows; what became of each, in their order. What is too large for one push goes in halves. */
  const push = async (changes, epoch) => {
    if (changes.length <= 500) {
      try {
        const answer = await ask("changes", { method: "POST", body: JSON.stringify({ changes, epoch }) });
        return (await answer.json()).results;
      } catch (error) {
        if (error.problem?.code !== "too_large" || changes.length < 2) throw error;
      }
    }
    const half = changes.length >> 1;
    return [...(await push(changes.slice(0, half), epoch)), ...(await push(changes.slice(half), epoch))];
  };

  /** Calls `changed` whenever the journal may have changed, until the signal says stop. */
  const listen = async (changed, signal) => {
    for (let wait = 500; !signal.aborted; wait = Math.min(2 * wait, 60_000)) {
      const line = new AbortController();
      const end = () => line.abort();
      signal.addEventListener("abort", end);
      // The server says something every 25 seconds; a line that is silent for longer is dead.
      let silence = setTimeout(end, 60_000);
      try {
        const { body } = await ask("stream", { signal: line.signal });
        const reader = body.pipeThrough(new TextDecoderStream()).getReader();
        let read, text = "";
        while (!(read = await reader.read()).done) {
          clearTimeout(silence);
          silence = setTimeout(end, 60_000);
          wait = 500;
          const events = (text + read.value).split("\n\n");
          text = events.pop();
          if (events.some((event) => event.includes("event: changed"))) changed();
        }
      } catch {
        // Offline, or the server is: polled below, ever more rarely, until the line is there again.
      }
      clearTimeout(silence);
      signal.removeEventListener("abort", end);
      await pause(wait * (0.5 + Math.random() / 2), signal);
      if (!signal.aborted) changed();
    }
  };

  return { pull, push, listen };
}

/** Waits for a time, or until the signal says stop. */
const pause = (milliseconds, signal) =>
  new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });

/** Runs `work`, one run after the other: whoever asks during a run gets one more after it. */
export function inTurn(work) {
  let running, again;
  const run = async () => {
    do {
      again = false;
      await work();
    } while (again);
  };
  return () => {
    again = true;
    return (running ??= run().finally(() => (running = undefined)));
  };
}

/** Three-way merge by member: what this device changed since `base` stays, the rest is the server's. */
export function merge(base, local, server) {
  const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
  const members = new Set([...Object.keys(local), ...Object.keys(server)]);
  return Object.fromEntries([...members].map((m) => [m, same(local[m], base?.[m]) ? server[m] : local[m]]));
}
