// The pages as a person meets them: sign in, the caseload, a client, print, a share that expires and one that is
// revoked, by keyboard, on a phone and at a desk, in both themes; axe finds nothing to say.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";

import { chromium } from "playwright-core";

import { Caller, COUNSELOR, MEMBER, PASSWORD, start } from "./server.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.SCREENSHOTS;
const quiet = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const VIEWS = [
  { theme: "light", width: 1280, height: 900 },
  { theme: "dark", width: 1280, height: 900 },
  { theme: "light", width: 390, height: 844 },
  { theme: "dark", width: 390, height: 844 },
];

describe("the pages at /counselor", { timeout: 180_000 }, () => {
  let server, browser, ann;

  before(async () => {
    server = await start();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: quiet });
    if (shots) await mkdir(shots, { recursive: true });
    ann = await new Caller(server.url).register("ann@example.org", "Ann <script>window.stolen = 1</script>");
    for (const [days, mood] of [4, 6, 5, 7, 3].entries()) {
      const on = new Date(Date.now() - (days + 2) * 86_400_000).toISOString();
      await ann.call("POST", "/v1/check-ins", { local_date: on.slice(0, 10), mood, craving: 9 - mood });
      await ann.call("POST", "/v1/cravings", { occurred_at: on, time_zone: "America/Denver", intensity: 8 });
    }
  });
  after(async () => {
    await browser?.close();
    await server?.end();
  });

  /** Ann shares with the counselor for so many seconds. */
  async function share(seconds) {
    const scopes = ["check_ins", "cravings"].map((collection) => ({ collection, detail: "entries" }));
    const made = await ann.call("POST", "/v1/shares", {
      recipient_email: COUNSELOR, purpose: "Counseling", scopes, signature_name: "Ann",
      expires_at: new Date(Date.now() + seconds * 1000).toISOString(),
    });
    return made.id;
  }

  /** A page that nobody may disturb: requests elsewhere, scripts and complaints of the browser fail the test. */
  async function open(view, options = {}) {
    const { theme, width, height } = view;
    const context = await browser.newContext({ colorScheme: theme, viewport: { width, height }, ...options });
    const page = await context.newPage();
    const complaints = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(`${server.url}/counselor`) && !request.url().startsWith("data:")) {
        complaints.push(`asks for ${request.url()}`);
      }
    });
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    return { page, context, complaints };
  }

  async function signIn(page, email) {
    await page.goto(`${server.url}/counselor`);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${server.url}/counselor`);
  }

  /** axe, and no page wider than its window. */
  async function look(page, name, view) {
    // A click comes back when the next page begins, which may have nothing in it yet.
    await page.waitForLoadState();
    if (shots) await page.screenshot({ path: `${shots}/${name}-${view.theme}-${view.width}.png`, fullPage: true });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name} is ${wide} pixels too wide at ${view.width}`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    const told = violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.html).join(" ")}`);
    assert.deepEqual(told, [], `${name}, ${view.theme}, ${view.width}`);
  }

  for (const view of VIEWS) {
    test(`every page, ${view.theme}, ${view.width} wide`, async () => {
      const id = await share(3600);
      // axe is a script, which the pages' own policy would not let in.
      const { page, context } = await open(view, { bypassCSP: true });
      await page.goto(`${server.url}/counselor`);
      await look(page, "door", view);
      await signIn(page, COUNSELOR);
      await page.getByText("Read the consent they signed").first().click();
      await look(page, "caseload", view);
      await page.getByRole("link", { name: "Demonstration" }).click();
      await look(page, "client", view);
      await page.getByRole("link", { name: "90 days" }).click();
      for (const numbers of await page.getByText("The numbers").all()) await numbers.click();
      await look(page, "client-90", view);
      await page.getByRole("link", { name: "Brief for a session" }).click();
      await look(page, "brief", view);
      await page.goto(`${server.url}/counselor/nothing`);
      await look(page, "nothing", view);
      await page.emulateMedia({ media: "print" });
      await page.goto(`${server.url}/counselor`);
      await page.getByRole("link", { name: "Demonstration" }).click();
      assert.equal(await page.getByRole("button", { name: "Sign out" }).isVisible(), false);
      assert.equal(await page.getByRole("navigation").isVisible(), false);
      await look(page, "print", view);
      await ann.call("DELETE", `/v1/shares/${id}`);
      await context.close();
    });
  }

  test("no script, no cookie to be read, nothing from elsewhere", async () => {
    const { page, context, complaints } = await open(VIEWS[0]);
    await signIn(page, COUNSELOR);
    await page.getByRole("link", { name: "Demonstration" }).click();
    assert.equal(await page.evaluate(() => document.scripts.length + (window.stolen ?? 0)), 0);
    assert.equal(await page.evaluate(() => document.cookie), "");
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path, cookie.expires], [true, "Strict", "/", -1]);
    const pdf = await page.pdf({ format: "Letter" });
    assert.ok(pdf.subarray(0, 5).toString() === "%PDF-");
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test("everything by keyboard", async () => {
    const { page, context } = await open(VIEWS[0]);
    await page.goto(`${server.url}/counselor`);
    const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
    // Past the way to the content and the way home, to the address.
    await press("Tab", "Tab", "Tab");
    await page.keyboard.type(COUNSELOR);
    await press("Tab");
    await page.keyboard.type(PASSWORD);
    await press("Enter");
    await page.getByRole("heading", { name: "Your clients" }).waitFor();
    const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
    const reach = async (text) => {
      for (let tries = 0; tries < 60; tries += 1) {
        await press("Tab");
        if ((await focused()) === text) return;
      }
      assert.fail(`${text} is not reached by Tab`);
    };
    await reach("Demonstration");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid", "the focus is seen");
    await press("Enter");
    await page.waitForURL(/clients/);
    await reach("14 days");
    await press("Enter");
    await page.waitForURL(/days=14/);
    await reach("The numbers");
    await press("Enter");
    await page.getByRole("columnheader", { name: "Mood" }).waitFor();
    await page.goto(`${server.url}/counselor`);
    await reach("Sign out");
    await press("Enter");
    await page.getByText("You are signed out.").waitFor();
    await context.close();
  });

  test("an invitation is accepted; then its share expires, and another is revoked", async () => {
    const { page, context, complaints } = await open(VIEWS[0]);
    const [short, long] = [await share(6), await share(3600)];
    await signIn(page, COUNSELOR);
    for (let left = 2; left > 0; left -= 1) {
      await page.getByRole("button", { name: /^Accept/ }).first().click();
      await page.waitForURL(`${server.url}/counselor`);
    }
    await page.goto(`${server.url}/counselor/clients/${long}`);
    await page.getByRole("heading", { name: "When cravings come" }).waitFor();
    await ann.call("DELETE", `/v1/shares/${long}`);
    complaints.length = 0;
    await page.getByRole("link", { name: "90 days" }).click();
    await page.getByRole("heading", { name: "Nothing here" }).waitFor();
    await new Promise((done) => setTimeout(done, 6_000));
    await page.goto(`${server.url}/counselor/clients/${short}`);
    await page.getByRole("heading", { name: "Nothing here" }).waitFor();
    assert.ok(complaints.every((text) => text.includes("404")), complaints.join("\n"));
    await page.getByRole("link", { name: "Back to the first page" }).click();
    assert.equal(await page.locator(`a[href$="${short}"], a[href$="${long}"]`).count(), 0);
    await context.close();
  });

  test("a person sees what their counselor sees", async () => {
    const { page, context } = await open(VIEWS[2], { bypassCSP: true });
    await signIn(page, MEMBER);
    await look(page, "own", VIEWS[2]);
    await page.getByRole("link", { name: /^See what they see/ }).click();
    await page.getByText("This is what Robin Reyes sees.").waitFor();
    await look(page, "preview", VIEWS[2]);
    await context.close();
  });
});
