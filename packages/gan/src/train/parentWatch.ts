// A thread that ends its process once the process's parent is gone, whatever the main thread is busy with. Its data is the
// parent's number.
import { workerData } from "node:worker_threads";

/** Milliseconds between looks. */
const INTERVAL = 250;

setInterval(() => {
  // Killed, it lets nothing half done be finished: everything that is kept is written whole or not at all.
  if (process.ppid !== workerData) process.kill(process.pid, "SIGKILL");
}, INTERVAL);
