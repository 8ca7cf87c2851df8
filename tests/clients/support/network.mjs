// The line between a device and its server, as bad as a test wants it.

export class Network {
  /** Whether the device is where there is no signal. */
  down = false;
  /** How many answers to pushes get lost from now on. */
  losing = 0;
  /** What happens elsewhere, once, just before the next push arrives. */
  meanwhile;
  /** Whether something between the device and its server lets no stream through. */
  streamless = false;
  /** The requests that were answered well, such as "GET changes". */
  requests = [];

  constructor(server) {
    this.server = server;
    this.fetch = this.fetch.bind(this);
  }

  async fetch(url, options = {}) {
    const { pathname, search } = new URL(url);
    const { method = "GET" } = options;
    if (this.down || (this.streamless && pathname.endsWith("/stream"))) throw new TypeError("no signal");
    if (method === "POST") {
      const meanwhile = this.meanwhile;
      this.meanwhile = undefined;
      await meanwhile?.();
    }
    // The server's address is another one after it was started anew.
    const answer = await fetch(this.server.url + pathname + search, options);
    if (answer.ok) this.requests.push(`${method} ${pathname.split("/").at(-1)}`);
    if (method === "POST" && this.losing > 0) {
      this.losing -= 1;
      await answer.arrayBuffer();
      throw new TypeError("the line broke before the answer came");
    }
    if (this.down) throw new TypeError("no signal");
    return answer;
  }
}
