// The parts of the adapters that need no library: the merge, turns, and the line of pokes as it breaks.
import assert from "node:assert/strict";
import test from "node:test";

import { Refused, inTurn, journal, merge } from "./adapters/journal.mjs";
import { until } from "./support/until.mjs";

const token = () => "token";

test("a merge keeps what was changed here and takes the rest", () => {
  const base = { mood: 5, craving: 5, note: "at first", trigger_ids: ["a"] };
  const local = { mood: 7, craving: 5, trigger_ids: ["a"] };
  const server = { mood: 6, craving: 2, note: "at first", trigger_ids: ["a", "b"], slot: "day" };
  const merged = { mood: 7, craving: 2, note: undefined, trigger_ids: ["a", "b"], slot: "day" };
  assert.deepEqual(merge(base, local, server), merged);
  assert.deepEqual(merge(undefined, { mood: null, note: "here" }, { mood: 3, note: "there" }), { mood: 3, note: "here" });
});

test("who asks during a run gets one more run, and never two at once", async () => {
  let runs = 0;
  let open;
  const turn = inTurn(async () => {
    runs += 1;
    await new Promise((done) => (open = done));
  });
  const first = turn();
  const second = turn();
  turn();
  assert.equal(runs, 1);
  open();
  await until("the run after", () => runs === 2);
  open();
  await Promise.all([first, second]);
  assert.equal(runs, 2);
  turn();
  assert.equal(runs, 3);
});

test("a run that fails does not end the turns", async () => {
  let runs = 0;
  const turn = inTurn(async () => {
    runs += 1;
    throw new Error("no signal");
  });
  await assert.rejects(turn(), /no signal/);
  await assert.rejects(turn(), /no signal/);
  assert.equal(runs, 2);
});

test("a push that is too large goes in halves, in order", async () => {
  const sizes = [];
  const fetch = async (_url, { body }) => {
    const { changes, epoch } = JSON.parse(body);
    assert.equal(epoch, "e");
    sizes.push(changes.length);
    if (changes.length > 200) return Response.json({ code: "too_large", detail: "" }, { status: 413 });
    return Response.json({ results: changes.map(({ id }) => ({ id, status: "applied" })) });
  };
  const { push } = journal({ url: "http://server", token, fetch });
  const changes = Array.from({ length: 1000 }, (_, id) => ({ id }));
  const results = await push(changes, "e");
  assert.deepEqual(results.map(({ id }) => id), changes.map(({ id }) => id));
  assert.deepEqual(sizes, [500, 250, 125, 125, 250, 125, 125, 500, 250, 125, 125, 250, 125, 125]);
  const one = journal({ url: "", token, fetch: async () => Response.json({ code: "too_large" }, { status: 413 }) });
  await assert.rejects(one.push([{}], "e"), Refused);
});

test("a poke is heard however the line cuts it, and a broken line is taken up again", async (t) => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const lines = [];
  const fetch = async (_url, { signal }) => {
    signal.throwIfAborted();
    const body = new ReadableStream({
      start(line) {
        lines.push(line);
        signal.addEventListener("abort", () => line.error(signal.reason), { once: true });
      },
    });
    return new Response(body.pipeThrough(new TextEncoderStream()));
  };
  let heard = 0;
  const { listen } = journal({ url: "http://server", token, fetch });
  const listening = listen(() => (heard += 1), stop.signal);
  await until("a line", () => lines.length === 1);
  for (const text of [": 25 seconds\n\n", "event: cha", "nged\nid: 4\n", 'data: {"revision":4}\n']) lines[0].enqueue(text);
  await new Promise((next) => setTimeout(next, 20));
  assert.equal(heard, 0, "not before the event is whole");
  lines[0].enqueue("\n");
  await until("the poke", () => heard === 1);
  lines[0].error(new TypeError("the line broke"));
  await until("another line", () => lines.length === 2);
  assert.equal(heard, 2, "what was missed meanwhile is looked for");
  lines[1].enqueue('event: changed\nid: 5\ndata: {"revision":5}\n\n');
  await until("the poke of the other line", () => heard === 3);
  stop.abort();
  await listening;
});
