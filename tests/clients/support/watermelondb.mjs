// A device whose app uses WatermelonDB.
import { Database, Model, appSchema, tableSchema } from "@nozbe/watermelondb";
import lokijs from "@nozbe/watermelondb/adapters/lokijs/index.js";
import logger from "@nozbe/watermelondb/utils/common/logger/index.js";

import { inTurn, journal } from "../adapters/journal.mjs";
import { synchronizeJournal } from "../adapters/watermelondb.mjs";
import { Network } from "./network.mjs";

const column = (type) => (name) => ({ name, type, isOptional: true });
const strings = (...names) => names.map(column("string"));
const numbers = (...names) => names.map(column("number"));
const tables = {
  check_ins: [...numbers("revision", "mood", "craving"), ...strings("local_date", "slot", "note")],
  cravings: [
    ...numbers("revision", "intensity"),
    ...strings("local_date", "occurred_at", "time_zone", "trigger_ids", "note"),
  ],
};
const lists = ["trigger_ids"];
const schema = appSchema({
  version: 1,
  tables: Object.entries(tables).map(([name, columns]) => tableSchema({ name, columns })),
});
const modelClasses = Object.keys(tables).map((name) => class extends Model {
  static table = name;
});

logger.default.silence();

export class WatermelondbDevice {
  static library = "WatermelonDB";
  /** Whether the library still knows what was deleted, after it was sent. */
  static keepsTombstones = false;
  refused = [];

  static async start(test, server, member) {
    const device = new WatermelondbDevice();
    device.network = new Network(server);
    device.journal = journal({ url: "http://server", token: () => member.token, fetch: device.network.fetch });
    // In memory; nothing to be saved on and on, which would keep the test from ending.
    const options = { useWebWorker: false, useIncrementalIndexedDB: true, extraLokiOptions: { autosave: false } };
    const adapter = new lokijs.default({ schema, ...options });
    device.database = new Database({ adapter, modelClasses });
    device.stop = new AbortController();
    test.after(() => device.stop.abort());
    device.synchronize = inTurn(() =>
      synchronizeJournal({
        database: device.database,
        journal: device.journal,
        lists,
        invalid: (row, problem) => device.refused.push({ id: row.id, problem }),
      }),
    );
    await device.settle();
    return device;
  }

  listen() {
    // Without signal nothing is lost: it is tried again at the next poke.
    const synchronize = () => this.synchronize().catch(() => {});
    this.journal.listen(synchronize, this.stop.signal);
    const watched = this.database.withChangesForTables(Object.keys(tables)).subscribe(synchronize);
    this.stop.signal.addEventListener("abort", () => watched.unsubscribe());
  }

  insert = (collection, { id, ...values }) =>
    this.database.write(() =>
      this.database.get(collection).create((record) => {
        record._raw.id = id;
        set(record, values);
      }),
    );
  edit = (collection, id, changes) =>
    this.database.write(async () => (await this.#find(collection, id)).update((record) => set(record, changes)));
  clear = (collection, id, name) => this.edit(collection, id, { [name]: null });
  remove = (collection, id) =>
    this.database.write(async () => (await this.#find(collection, id)).markAsDeleted());
  read = async (collection, id) => {
    const raw = (await this.#find(collection, id).catch(() => undefined))?._raw;
    if (!raw) return undefined;
    const value = (name, text) => (lists.includes(name) && text ? JSON.parse(text) : text);
    return Object.fromEntries(Object.entries(raw).map(([name, text]) => [name, value(name, text)]));
  };
  count = (collection) => this.database.get(collection).query().fetchCount();
  #find = (collection, id) => this.database.get(collection).find(id);

  settle = () => this.synchronize();
}

/** As the setters of a model with `@field` and `@json` do. */
function set(record, values) {
  for (const [name, value] of Object.entries(values)) {
    record._setRaw(name, Array.isArray(value) ? JSON.stringify(value) : value);
  }
}
