// Unmodified RxDB and WatermelonDB against the real server, on both engines, through the adapters to copy. The
// scenarios are written once: a device is a device.
import assert from "node:assert/strict";
import test from "node:test";

import { v5, v7 } from "uuid";

import { RxdbDevice } from "./support/rxdb.mjs";
import { Server, engines } from "./support/server.mjs";
import { until } from "./support/until.mjs";
import { WatermelondbDevice } from "./support/watermelondb.mjs";

const CHECK_INS = "check_ins";
const CRAVINGS = "cravings";
const TRIGGER = "6c1f9f50-c766-5146-85e8-d60e5832062b";

const craving = (values) => ({
  id: v7(),
  occurred_at: "2026-11-02T21:40:00-05:00",
  time_zone: "America/New_York",
  intensity: 8,
  ...values,
});
const checkIn = (day, values) => ({ id: v7(), local_date: `2026-11-${String(day).padStart(2, "0")}`, ...values });
/** The id on which two devices meet that were offline on the same day. */
const dayId = (member, date) => v5(`check-in/${date}/day`, member.account.id);

/** What a scenario works with: an account, its devices, and the server's own view. */
class Journey {
  constructor(test, server, member, Device) {
    Object.assign(this, { test, server, member, Device });
  }
  device = () => this.Device.start(this.test, this.server, this.member);
  devices = (count) => Promise.all(Array.from({ length: count }, this.device));
  ask = (method, path, body) => this.server.call(this.member.token, method, path, body);
  pull = (query = "") => this.ask("GET", `/v1/sync/changes?limit=1000${query}`);
  stored = async (id) => (await this.pull()).changes.find((change) => change.id === id);
  push = (changes) => this.ask("POST", "/v1/sync/changes", { changes });
  /** Everybody sends and fetches until nobody has anything left. */
  async meet(...devices) {
    for (let round = 0; round < 2; round += 1) for (const device of devices) await device.settle();
  }
  /** All devices and the server have the same values of a record. */
  async agree(devices, collection, id, values) {
    const { doc } = await this.stored(id);
    for (const [name, value] of Object.entries(values)) {
      assert.deepEqual(doc[name], value, `${name} on the server`);
      for (const device of devices) assert.deepEqual((await device.read(collection, id))[name], value, name);
    }
  }
}

const scenarios = {
  async "changes arrive live on the other device"(journey) {
    const [one, two] = await journey.devices(2);
    one.listen();
    two.listen();
    const urge = craving({ trigger_ids: [TRIGGER] });
    await one.insert(CRAVINGS, urge);
    await until("the craving is on the other device", () => two.read(CRAVINGS, urge.id));
    assert.deepEqual((await two.read(CRAVINGS, urge.id)).trigger_ids, [TRIGGER]);
    await two.edit(CRAVINGS, urge.id, { intensity: 3 });
    await until("the edit is on the first", async () => (await one.read(CRAVINGS, urge.id)).intensity === 3);
    // What others write by REST arrives as well.
    await journey.ask("PATCH", `/v1/cravings/${urge.id}`, { note: "passed" });
    await until("the note is on both", async () => {
      const notes = await Promise.all([one, two].map((device) => device.read(CRAVINGS, urge.id)));
      return notes.every(({ note }) => note === "passed");
    });
    for (const { network } of [one, two]) {
      assert.equal(network.requests.filter((request) => request === "GET stream").length, 1, "one line all along");
    }
  },

  async "where no stream gets through, changes are polled for"(journey) {
    const [one, two] = await journey.devices(2);
    two.network.streamless = true;
    two.listen();
    const urge = craving();
    await one.insert(CRAVINGS, urge);
    await one.settle();
    await until("the craving is on the other device", () => two.read(CRAVINGS, urge.id));
  },

  async "twenty fast edits end in the last"(journey) {
    const [one, two] = await journey.devices(2);
    one.listen();
    const day = checkIn(2, { mood: 0 });
    await one.insert(CHECK_INS, day);
    for (let edit = 1; edit <= 20; edit += 1) await one.edit(CHECK_INS, day.id, { mood: edit % 11, note: `${edit}` });
    await until("the last edit is stored", async () => (await journey.stored(day.id))?.doc.note === "20");
    await journey.meet(one, two);
    await journey.agree([one, two], CHECK_INS, day.id, { mood: 9, note: "20" });
    assert.deepEqual(one.refused, []);
  },

  async "a cleared field is cleared everywhere"(journey) {
    const [one, two] = await journey.devices(2);
    const day = checkIn(2, { mood: 5, note: "to be taken back" });
    await one.insert(CHECK_INS, day);
    await journey.meet(one, two);
    await two.clear(CHECK_INS, day.id, "note");
    await journey.meet(two, one);
    await journey.agree([one, two], CHECK_INS, day.id, { mood: 5, note: null });
  },

  async "deletions go both ways"(journey) {
    const [one, two] = await journey.devices(2);
    const [here, there] = [checkIn(2, { mood: 5 }), checkIn(3, { mood: 6 })];
    await one.insert(CHECK_INS, here);
    await one.insert(CHECK_INS, there);
    await journey.meet(one, two);
    await one.remove(CHECK_INS, here.id);
    await two.remove(CHECK_INS, there.id);
    await journey.meet(one, two);
    for (const device of [one, two]) assert.equal(await device.count(CHECK_INS), 0);
    for (const { id } of [here, there]) assert.equal((await journey.stored(id)).deleted, true);
  },

  async "offline edits of one record are merged by member"(journey) {
    const [one, two] = await journey.devices(2);
    const day = checkIn(2, { mood: 5, craving: 5, note: "at first" });
    await one.insert(CHECK_INS, day);
    await journey.meet(one, two);
    one.network.down = two.network.down = true;
    await one.edit(CHECK_INS, day.id, { mood: 7, craving: 1 });
    await two.edit(CHECK_INS, day.id, { note: "afterwards", craving: 2 });
    one.network.down = two.network.down = false;
    await journey.meet(one, two);
    // Of what both changed, the one that came later counts: everywhere the same one.
    const { doc } = await journey.stored(day.id);
    assert.ok([1, 2].includes(doc.craving), doc.craving);
    await journey.agree([one, two], CHECK_INS, day.id, { mood: 7, note: "afterwards", craving: doc.craving });
  },

  async "an edit that comes between a pull and a push is merged"(journey) {
    const device = await journey.device();
    const day = checkIn(2, { mood: 5 });
    await device.insert(CHECK_INS, day);
    await device.settle();
    device.network.meanwhile = () => journey.ask("PATCH", `/v1/check-ins/${day.id}`, { note: "by another" });
    await device.edit(CHECK_INS, day.id, { mood: 6 });
    await journey.meet(device);
    await journey.agree([device], CHECK_INS, day.id, { mood: 6, note: "by another" });
  },

  async "a day begun on two offline devices is one day"(journey) {
    const [one, two] = await journey.devices(2);
    const id = dayId(journey.member, "2026-11-02");
    one.network.down = two.network.down = true;
    await one.insert(CHECK_INS, checkIn(2, { id, mood: 6 }));
    await two.insert(CHECK_INS, checkIn(2, { id, note: "a long day" }));
    one.network.down = two.network.down = false;
    await journey.meet(one, two);
    await journey.agree([one, two], CHECK_INS, id, { mood: 6, note: "a long day" });
    assert.equal((await journey.ask("GET", "/v1/days/2026-11-02/check-in")).note, "a long day");
  },

  async "an edit outlives a deletion that did not know of it"(journey) {
    const [one, two] = await journey.devices(2);
    const [deletedFirst, editedFirst] = [checkIn(2, { mood: 5 }), checkIn(3, { mood: 5 })];
    await one.insert(CHECK_INS, deletedFirst);
    await one.insert(CHECK_INS, editedFirst);
    await journey.meet(one, two);
    one.network.down = two.network.down = true;
    for (const { id } of [deletedFirst, editedFirst]) {
      const [deletes, edits] = id === deletedFirst.id ? [one, two] : [two, one];
      await deletes.remove(CHECK_INS, id);
      await edits.edit(CHECK_INS, id, { note: "do keep this" });
    }
    one.network.down = two.network.down = false;
    await journey.meet(one, two);
    for (const { id } of [deletedFirst, editedFirst]) {
      await journey.agree([one, two], CHECK_INS, id, { mood: 5, note: "do keep this" });
    }
  },

  async "a journal of 1,200 records arrives in pages"(journey) {
    const rows = Array.from({ length: 1200 }, (_, index) => craving({ intensity: index % 11, note: `${index}` }));
    for (let from = 0; from < rows.length; from += 400) {
      const changes = rows.slice(from, from + 400).map((doc) => ({ collection: CRAVINGS, id: doc.id, doc }));
      const { results } = await journey.push(changes);
      assert.ok(results.every(({ status }) => status === "applied"));
    }
    const device = await journey.device();
    assert.equal(await device.count(CRAVINGS), rows.length);
    for (const { id, note } of [rows[0], rows[499], rows[500], rows[1000], rows[1199]]) {
      assert.equal((await device.read(CRAVINGS, id)).note, note);
    }
    assert.ok(device.network.requests.filter((request) => request === "GET changes").length > 1);
    // And a device's own come there the same way.
    const own = Array.from({ length: 1100 }, () => checkIn(2, { mood: 4 }));
    device.network.down = true;
    for (const doc of own) await device.insert(CHECK_INS, doc);
    device.network.down = false;
    await journey.meet(device);
    assert.equal((await journey.pull("&collections=check_ins")).has_more, true);
    const second = await journey.device();
    assert.equal(await second.count(CHECK_INS), own.length);
  },

  async "what is too large for one push goes in parts"(journey) {
    const device = await journey.device();
    const words = "It was a long day. ".repeat(1000);
    const days = Array.from({ length: 70 }, () => checkIn(2, { note: words }));
    device.network.down = true;
    for (const day of days) await device.insert(CHECK_INS, day);
    device.network.down = false;
    await journey.meet(device);
    assert.equal((await journey.pull()).changes.length, days.length);
    assert.equal((await journey.stored(days[69].id)).doc.note, words);
    assert.deepEqual(device.refused, []);
  },

  async "a fresh device meets tombstones"(journey) {
    const gone = await journey.ask("POST", "/v1/check-ins", checkIn(2, { mood: 5 }));
    const kept = await journey.ask("POST", "/v1/check-ins", checkIn(3, { mood: 5 }));
    await journey.ask("DELETE", `/v1/check-ins/${gone.id}`);
    const device = await journey.device();
    assert.equal(await device.count(CHECK_INS), 1);
    assert.ok(await device.read(CHECK_INS, kept.id));
    const { revision } = await journey.pull();
    await device.edit(CHECK_INS, kept.id, { mood: 6 });
    await journey.meet(device);
    await journey.agree([device], CHECK_INS, kept.id, { mood: 6 });
    assert.deepEqual(device.refused, [], revision);
  },

  async "a lost answer is asked for again and stores nothing twice"(journey) {
    const device = await journey.device();
    const urge = craving();
    const before = (await journey.pull()).next_since;
    device.network.losing = 1;
    await device.insert(CRAVINGS, urge);
    await until("the craving was sent again", async () => {
      await device.settle().catch(() => {});
      return device.network.requests.filter((request) => request === "POST changes").length > 1;
    });
    await journey.meet(device);
    assert.equal((await journey.pull()).next_since, before + 1, "one record, one revision");
    // An edit after an edit whose answer was lost keeps both.
    device.network.losing = 1;
    await device.edit(CRAVINGS, urge.id, { intensity: 4 });
    await device.settle().catch(() => {});
    await device.edit(CRAVINGS, urge.id, { note: "better" });
    await journey.meet(device);
    await journey.agree([device], CRAVINGS, urge.id, { intensity: 4, note: "better" });
  },

  async "an invalid row blocks no other, and is told"(journey) {
    const [one, two] = await journey.devices(2);
    const days = [1, 2, 3, 4, 5].map((day) => checkIn(day, { mood: day }));
    days[2].mood = 99;
    one.network.down = true;
    for (const day of days) await one.insert(CHECK_INS, day);
    one.network.down = false;
    await journey.meet(one, two);
    assert.equal(await two.count(CHECK_INS), 4);
    const [told] = one.refused;
    assert.equal(told.id, days[2].id);
    assert.deepEqual(told.problem.errors.map(({ code }) => code), ["out_of_range"]);
    assert.match(told.problem.errors[0].pointer, /\/doc\/mood$/);
    assert.equal((await one.read(CHECK_INS, days[2].id)).mood, 99, "what was written is not taken away");
    await one.edit(CHECK_INS, days[2].id, { mood: 9 });
    await journey.meet(one, two);
    await journey.agree([one, two], CHECK_INS, days[2].id, { mood: 9 });
    // A good record that was edited badly: what else the edit said is kept, and so is another device's edit.
    await one.edit(CHECK_INS, days[0].id, { mood: -1, note: "in the same edit" });
    await journey.meet(one);
    await two.edit(CHECK_INS, days[0].id, { craving: 2 });
    await two.settle();
    await one.edit(CHECK_INS, days[0].id, { mood: 3 });
    await journey.meet(one, two);
    await journey.agree([one, two], CHECK_INS, days[0].id, { mood: 3, note: "in the same edit", craving: 2 });
  },

  async "the first row after an empty sync arrives"(journey) {
    const device = await journey.device();
    const first = await journey.ask("POST", "/v1/check-ins", checkIn(2, { mood: 5 }));
    await device.settle();
    assert.equal((await device.read(CHECK_INS, first.id)).mood, 5);
  },
};

const restored = async (journey) => {
  const [one, two, stale] = await journey.devices(3);
  const [before, changed, gone] = [1, 2, 3].map((day) => checkIn(day, { mood: day }));
  for (const day of [before, changed, gone]) await one.insert(CHECK_INS, day);
  await journey.meet(one, two, stale);
  stale.network.down = true;
  await one.edit(CHECK_INS, before.id, { note: "in the backup" });
  await journey.meet(one, two);
  await journey.server.backup();
  const after = checkIn(4, { mood: 3 });
  await one.insert(CHECK_INS, after);
  await one.remove(CHECK_INS, gone.id);
  await one.edit(CHECK_INS, changed.id, { mood: 8 });
  await journey.meet(one, two);
  two.network.down = true;
  await two.edit(CHECK_INS, before.id, { craving: 7 });
  await journey.server.restore();
  await journey.server.signIn(journey.member);
  assert.equal(await journey.stored(after.id), undefined, "the backup does not know it");
  // The device that was away for longest comes first: it must not put the others back.
  stale.network.down = two.network.down = false;
  await journey.meet(stale, one, two);
  await journey.meet(stale);
  const all = [one, two, stale];
  await journey.agree(all, CHECK_INS, after.id, { mood: 3 });
  await journey.agree(all, CHECK_INS, changed.id, { mood: 8 });
  await journey.agree(all, CHECK_INS, before.id, { mood: 1, note: "in the backup", craving: 7 });
  for (const device of all) assert.equal(!(await device.read(CHECK_INS, gone.id)), journey.Device.keepsTombstones);
  // And all goes on.
  await two.edit(CHECK_INS, after.id, { mood: 4 });
  await journey.meet(...all.reverse(), two, one);
  await journey.agree(all, CHECK_INS, after.id, { mood: 4 });
};

test("sync", { concurrency: true }, async (t) => {
  const run = async (t, engine) => {
    const shared = await Server.start(t, engine);
    for (const Device of [RxdbDevice, WatermelondbDevice]) {
      const journey = async (name, scenario, start) =>
        t.test(`${Device.library}: ${name}`, { timeout: 60_000 }, async (t) => {
          const server = await start(t);
          await scenario(new Journey(t, server, await server.member(), Device));
        });
      for (const [name, scenario] of Object.entries(scenarios)) await journey(name, scenario, () => shared);
      await journey("devices bring back what a restored backup lacks", restored, (t) => Server.start(t, engine));
    }
  };
  await Promise.all(engines.map((engine) => t.test(engine, (t) => run(t, engine))));
});
