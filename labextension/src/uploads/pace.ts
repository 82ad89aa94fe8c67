/** How much to send at once: enough to be quick, and little enough that progress shows every few seconds. */

const GOAL = 1_000; // milliseconds that one request should take, about

export class Pace {
  constructor(
    private _least: number,
    private _most: number
  ) {
    this._size = Math.min(_most, _least * 2);
  }

  get size(): number {
    return this._size;
  }

  /** A request of this many bytes took this long. */
  took(bytes: number, milliseconds: number): void {
    if (bytes >= this._size / 2 && milliseconds < GOAL / 2) {
      this._size = Math.min(this._most, this._size * 2);
    } else if (milliseconds > GOAL * 3) {
      this._size = Math.max(this._least, this._size / 2);
    }
  }

  private _size: number;
}
