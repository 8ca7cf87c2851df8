// Runs a program to its end, and hands back what it said.
import { spawn } from "node:child_process";

export function run(command, args, options = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 120_000, ...options });
    let said = "";
    child.stdout.on("data", (text) => (said += text));
    child.stderr.on("data", (text) => (said += text));
    child.on("error", failed);
    child.on("close", (status) => done({ status, said }));
  });
}
