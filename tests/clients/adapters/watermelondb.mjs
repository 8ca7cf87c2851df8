// The journal in WatermelonDB (`synchronize`, 0.28). A table has the name of the journal's collection, its
// columns are the members that the app uses, all optional, among them `revision` (a number). Members that are
// lists are columns of JSON text, named in `lists`.
import { Q } from "@nozbe/watermelondb";
import { synchronize } from "@nozbe/watermelondb/sync/index.js";

const EPOCH = "recovery_journal_epoch";

/**
 * Pulls and pushes once; call it at every poke and after every change, through `inTurn`. What the server
 * cannot accept is told to `invalid`, with the problem, and stays to be sent.
 */
export async function synchronizeJournal({ database, journal, lists = [], invalid }) {
  const tables = Object.keys(database.collections.map);
  let epoch = await database.localStorage.get(EPOCH);
  let conflicts = 0;

  const ofServer = ({ id, revision, doc }) => {
    const text = ([name, value]) => [name, Array.isArray(value) ? JSON.stringify(value) : value];
    return { ...Object.fromEntries(Object.entries(doc).map(text)), id, revision };
  };
  const toServer = (table, raw) => {
    const value = (name) => (lists.includes(name) && raw[name] ? JSON.parse(raw[name]) : raw[name]);
    return Object.fromEntries(Object.keys(database.schema.tables[table].columns).map((name) => [name, value(name)]));
  };

  const pullChanges = async ({ lastPulledAt }) => {
    const known = epoch && { epoch };
    const pulled = await pullAll(journal, tables, lastPulledAt ?? 0, known).catch(async (error) => {
      if (error.problem?.code !== "checkpoint_invalid") throw error;
      const everything = await pullAll(journal, tables, 0);
      await keepWhatIsNewer(database, tables, everything.newest);
      return everything;
    });
    const changes = {};
    for (const table of tables) {
      const { edited, deleted } = await unsent(database, table);
      const of = [...pulled.newest.values()].filter((change) => change.collection === table);
      const live = of.filter((change) => !change.deleted);
      // An edit outlives a deletion that did not know of it, on either side.
      const revived = live.map(({ id }) => id).filter((id) => deleted.has(id));
      if (revived.length > 0) await database.adapter.destroyDeletedRecords(table, revived);
      const gone = of.filter((change) => change.deleted).map(({ id }) => id);
      changes[table] = { created: [], updated: live.map(ofServer), deleted: gone.filter((id) => !edited.has(id)) };
    }
    return { changes, timestamp: pulled.since, epoch: pulled.epoch };
  };

  const pushChanges = async ({ changes, lastPulledAt }) => {
    const rows = Object.entries(changes).flatMap(([collection, { created, updated, deleted }]) => [
      ...[...created, ...updated].map((raw) => ({ collection, id: raw.id, doc: toServer(collection, raw) })),
      ...deleted.map((id) => ({ collection, id, deleted: true })),
    ]);
    const rejected = {};
    const results = await journal.push(rows.map((row) => ({ ...row, base_revision: lastPulledAt })), epoch);
    results.forEach(({ collection, id, status, problem }, index) => {
      if (status === "invalid") invalid?.(rows[index], problem);
      if (status === "conflict") conflicts += 1;
      if (status === "invalid" || status === "conflict") (rejected[collection] ??= []).push(id);
    });
    return { experimentalRejectedIds: rejected };
  };

  // Rows that another device changed between the pull and the push are pulled again, merged and sent.
  for (let round = 0; round === 0 || (conflicts > 0 && round < 5); round += 1) {
    conflicts = 0;
    await synchronize({
      database,
      pullChanges,
      pushChanges,
      sendCreatedAsUpdated: true,
      conflictResolver,
      onDidPullChanges: async (pulled) => database.localStorage.set(EPOCH, (epoch = pulled.epoch)),
    });
  }
}

/** Everything since a revision: each record once, at its newest. */
async function pullAll(journal, tables, since, known) {
  const newest = new Map();
  for (;;) {
    const page = await journal.pull({ collections: tables.join(), since, limit: 1000, ...known });
    for (const change of page.changes) newest.set(`${change.collection}/${change.id}`, change);
    since = page.next_since;
    known = { epoch: page.epoch };
    if (!page.has_more) return { newest, since, ...known };
  }
}

/** The ids of a table that were edited and deleted here and not sent yet. */
async function unsent(database, table) {
  const edited = await database.get(table).query(Q.where("_status", Q.notEq("synced"))).fetchIds();
  return { edited: new Set(edited), deleted: new Set(await database.adapter.getDeletedRecords(table)) };
}

/** WatermelonDB merges by column what was edited; of what was created on both sides, what is filled in counts. */
function conflictResolver(_table, local, _server, merged) {
  if (local._status !== "created") return merged;
  const filled = Object.entries(local).filter(([, value]) => value !== null);
  return { ...merged, ...Object.fromEntries(filled) };
}

/** After a restore the server has forgotten what was newer than its backup: that is sent again. */
async function keepWhatIsNewer(database, tables, newest) {
  await database.write(async () => {
    const again = [];
    for (const table of tables) {
      for (const record of await database.get(table).query().fetch()) {
        const server = newest.get(`${table}/${record.id}`);
        if (server && server.revision >= record._raw.revision) continue;
        newest.delete(`${table}/${record.id}`);
        again.push(record.prepareUpdate(() => record._setRaw("revision", 0)));
      }
    }
    await database.batch(again);
  });
}
