/** How fast something grows, over the last seconds. */

const WINDOW = 5_000; // milliseconds
const STEP = 250; // between two samples that are kept

export class Rate {
  /** Note how much there is by now. */
  add(amount: number, now: number): void {
    const last = this._samples[this._samples.length - 1];
    if (this._samples.length === 1 && last.amount === amount) {
      last.time = now; // it has not begun to grow
      return;
    }
    if (last && now - last.time < STEP) {
      last.amount = amount;
      return;
    }
    this._samples.push({ time: now, amount });
    // One sample from before the window stays, so that the window is covered.
    while (this._samples.length > 2 && this._samples[1].time <= now - WINDOW) {
      this._samples.shift();
    }
  }

  /** A second's growth; 0 until there are two samples. */
  perSecond(now: number): number {
    const [first] = this._samples;
    const last = this._samples[this._samples.length - 1];
    const seconds = first ? (now - first.time) / 1000 : 0;
    return seconds > 0 ? Math.max(0, last.amount - first.amount) / seconds : 0;
  }

  clear(): void {
    this._samples = [];
  }

  private _samples: { time: number; amount: number }[] = [];
}
