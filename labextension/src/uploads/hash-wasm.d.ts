/** Only BLAKE3 of hash-wasm: the worker stays small, and it is no package that is shared between extensions. */
declare module 'hash-wasm/dist/blake3.umd.min.js' {
  export { createBLAKE3 } from 'hash-wasm';
}
