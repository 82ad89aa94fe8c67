/** Starts the worker; in a file of its own because only the bundler understands it. */
export function newWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url));
}
