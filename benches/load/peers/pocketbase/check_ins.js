// The check-ins of PocketBase at its best: an index for the list, the shortest rules that say "owner only", its
// request log off. It runs this once, as one of its migrations.
migrate((app) => {
  const ownerOnly = "user = @request.auth.id";
  const ratings = ["mood", "anxiety", "stress", "energy", "pain", "craving", "commitment", "sleep_quality"];
  const words = ["intention", "gratitude", "note"];
  app.save(
    new Collection({
      type: "base",
      name: "check_ins",
      fields: [
        // Required, so that nobody signed in as nobody owns anything.
        { name: "user", type: "relation", required: true, maxSelect: 1, cascadeDelete: true, collectionId: "_pb_users_auth_" },
        { name: "local_date", type: "text", required: true, max: 10 },
        { name: "slot", type: "select", maxSelect: 1, values: ["day", "morning", "evening"] },
        { name: "sleep_hours", type: "number", min: 0, max: 24 },
        { name: "substance_free", type: "bool" },
        { name: "created", type: "autodate", onCreate: true },
        { name: "updated", type: "autodate", onCreate: true, onUpdate: true },
        ...ratings.map((name) => ({ name, type: "number", min: 0, max: 10, onlyInt: true })),
        ...words.map((name) => ({ name, type: "text", max: 20000 })),
      ],
      indexes: ["CREATE INDEX idx_check_ins_owner ON check_ins (user, local_date)"],
      listRule: ownerOnly,
      viewRule: ownerOnly,
      createRule: "@request.body.user = @request.auth.id",
      updateRule: ownerOnly,
      deleteRule: ownerOnly,
    }),
  );
  const settings = app.settings();
  settings.logs.maxDays = 0;
  app.save(settings);
  // Without an operator it would open a browser.
  const operator = new Record(app.findCollectionByNameOrId("_superusers"));
  operator.setEmail("operator@example.org");
  operator.setPassword("copper-lantern-drifts-42-north");
  app.save(operator);
});
