// The journal in RxDB (`replicateRxCollection`, 17.6). The RxDB collection has the name of the journal's, its
// properties are the members that the app uses, among them `revision`; `id` is the primary key.
import { defaultConflictHandler } from "rxdb/plugins/core";
import { replicateRxCollection } from "rxdb/plugins/replication";

import { merge } from "./journal.mjs";

/**
 * Starts to replicate, and starts anew by itself when the server's journal was restored from a backup; each
 * start is told to `started`. `pokes$` gives "RESYNC" when the journal may have changed. What the server
 * cannot accept is told to `invalid`, with the problem, and sent again when it was changed.
 */
export async function replicateJournal(options, before) {
  const { collection, journal, pokes$, started, invalid, retryTime = 5000 } = options;
  const { name } = collection;
  const members = Object.keys(collection.schema.jsonSchema.properties).filter((m) => !m.startsWith("_"));
  // What RxDB leaves out is empty, and not to be kept.
  const whole = (doc) => Object.fromEntries(members.map((m) => [m, doc?.[m] ?? null]));
  const ofServer = ({ id, revision, deleted, doc }) => ({ ...whole(doc), id, revision, _deleted: deleted });
  const refused = new Map();
  const { epoch } = await journal.pull({ collections: name, limit: 1 });
  await before?.cancel();

  const pull = async (checkpoint, limit) => {
    const page = await journal.pull({ collections: name, since: checkpoint?.since ?? 0, limit, epoch });
    return { documents: page.changes.map(ofServer), checkpoint: { since: page.next_since } };
  };
  const push = async (rows) => {
    const changes = rows.map((row) => {
      const { id, _deleted: deleted } = row.newDocumentState;
      // RxDB takes what was refused for stored; the next edit still rests on what was there before.
      if (refused.has(id)) row.assumedMasterState = refused.get(id);
      const base = row.assumedMasterState && whole(row.assumedMasterState);
      return { collection: name, id, deleted, doc: whole(row.newDocumentState), base };
    });
    const results = await journal.push(changes, epoch);
    results.forEach(({ id, status, problem }, index) => {
      refused.delete(id);
      if (status !== "invalid") return;
      refused.set(id, rows[index].assumedMasterState);
      invalid?.(rows[index].newDocumentState, problem);
    });
    return results.filter(({ status }) => status === "conflict").map(({ current }) => ofServer(current));
  };
  // Another epoch is another history: all that is here meets all that is there. Tried again until it began.
  let anew;
  const inEpoch = (handler) => async (...args) => {
    try {
      return await handler(...args);
    } catch (error) {
      if (error.problem?.code === "checkpoint_invalid" && !state.isStopped()) {
        await (anew ??= replicateJournal(options, state).finally(() => (anew = undefined)));
      }
      throw error;
    }
  };

  const state = replicateRxCollection({
    collection,
    replicationIdentifier: `recovery-journal/${epoch}`,
    live: true,
    retryTime,
    pull: { handler: inEpoch(pull), batchSize: 500, stream$: pokes$ },
    push: { handler: inEpoch(push), batchSize: 100 },
  });
  started?.(state);
}

/** For `addCollections`: merges by member; an edit outlives a deletion that did not know of it. */
export const conflictHandler = {
  isEqual: defaultConflictHandler.isEqual,
  resolve({ newDocumentState: local, assumedMasterState: base, realMasterState: server }) {
    // Both had it once, and the server forgot: the journal was restored. The newer copy counts.
    if (!base && local.revision) return local.revision < server.revision ? server : local;
    if (local._deleted) return server;
    if (server._deleted) return local;
    return { ...merge(base, local, server), revision: server.revision };
  },
};
