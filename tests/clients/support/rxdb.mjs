// A device whose app uses RxDB.
import { randomUUID } from "node:crypto";

import { createRxDatabase } from "rxdb/plugins/core";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";
import { Subject } from "rxjs";

import { journal } from "../adapters/journal.mjs";
import { conflictHandler, replicateJournal } from "../adapters/rxdb.mjs";
import { Network } from "./network.mjs";
import { until } from "./until.mjs";

const member = (...type) => ({ type: [...type, "null"] });
const schema = (properties) => ({
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: { id: { type: "string", maxLength: 36 }, revision: member("integer"), ...properties },
  required: ["id"],
});
const dated = { local_date: member("string"), note: member("string") };
const collections = {
  check_ins: schema({ ...dated, slot: member("string"), mood: member("integer"), craving: member("integer") }),
  cravings: schema({
    ...dated,
    occurred_at: member("string"),
    time_zone: member("string"),
    intensity: member("integer"),
    trigger_ids: { type: ["array", "null"], items: { type: "string" } },
  }),
};

export class RxdbDevice {
  static library = "RxDB";
  /** Whether the library still knows what was deleted, after it was sent. */
  static keepsTombstones = true;
  /** What the server refused, newest last. */
  refused = [];
  states = {};

  static async start(test, server, member) {
    const device = new RxdbDevice();
    device.network = new Network(server);
    device.journal = journal({ url: "http://server", token: () => member.token, fetch: device.network.fetch });
    device.database = await createRxDatabase({ name: randomUUID(), storage: getRxStorageMemory() });
    const given = Object.entries(collections).map(([name, schema]) => [name, { schema, conflictHandler }]);
    await device.database.addCollections(Object.fromEntries(given));
    device.stop = new AbortController();
    test.after(async () => {
      device.stop.abort();
      await device.database.close();
    });
    device.pokes$ = new Subject();
    for (const name of Object.keys(collections)) {
      await replicateJournal({
        collection: device.database[name],
        journal: device.journal,
        pokes$: device.pokes$,
        started: (state) => (device.states[name] = state),
        invalid: (doc, problem) => device.refused.push({ id: doc.id, problem }),
        retryTime: 50,
      });
    }
    await device.settle();
    return device;
  }

  /** From now on the device hears of changes by itself. */
  listen() {
    this.journal.listen(() => this.pokes$.next("RESYNC"), this.stop.signal);
  }

  insert = async (collection, doc) => void (await this.database[collection].insert(doc));
  edit = async (collection, id, changes) => void (await (await this.#find(collection, id)).incrementalPatch(changes));
  /** RxDB's apps leave a member out to clear it. */
  clear = async (collection, id, name) =>
    void (await (await this.#find(collection, id)).incrementalModify(({ [name]: _, ...rest }) => rest));
  remove = async (collection, id) => void (await (await this.#find(collection, id)).incrementalRemove());
  read = async (collection, id) => (await this.#find(collection, id))?.toJSON();
  count = async (collection) => this.database[collection].count().exec();
  #find = (collection, id) => this.database[collection].findOne(id).exec();

  /** Waits until nothing is left to be sent or fetched. */
  async settle() {
    for (const name of Object.keys(collections)) {
      await until(`${name} in step`, async () => {
        const state = this.states[name];
        if (state.isStopped()) return false;
        state.reSync();
        // One that is cancelled on the way never says so.
        const inSync = await Promise.race([state.awaitInSync(), new Promise((late) => setTimeout(late, 2000))]);
        return inSync && state === this.states[name];
      });
    }
  }
}
